// SPDX-License-Identifier: Apache-2.0
// Progress for work whose parts run one after the other and only report their beginning: each part ends when the next
// one begins, and the last one when this value ends. Used by prepare.cpp. Never for parts that run at the same time.
#pragma once

#include <string>

#include "base/progress.hpp"

namespace tmplbuild {

class SequentialProgress : public Progress {
  public:
    explicit SequentialProgress(Progress& shown) : shown_(shown) {}
    ~SequentialProgress() override { end(); }
    SequentialProgress(const SequentialProgress&) = delete;
    SequentialProgress& operator=(const SequentialProgress&) = delete;

    void started(const std::string& step, const std::string& what) override {
        if (step != current_) end();
        current_ = step;
        shown_.started(step, what);
    }
    void doing(const std::string& step, const std::string& what) override { shown_.doing(step, what); }
    void bytes(const std::string& step, std::uint64_t done, std::uint64_t total) override {
        shown_.bytes(step, done, total);
    }
    void line(const std::string& step, std::string_view text) override { shown_.line(step, text); }
    void finished(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) override {
        if (step == current_) current_.clear();
        shown_.finished(step, outcome, seconds, note);
    }
    void ended(const std::string& step) override {
        if (step == current_) current_.clear();
        shown_.ended(step);
    }
    void message(const std::string& text) override { shown_.message(text); }

  private:
    void end() {
        if (!current_.empty()) shown_.ended(current_);
        current_.clear();
    }
    Progress& shown_;
    std::string current_;
};

}  // namespace tmplbuild
