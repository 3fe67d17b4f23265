// SPDX-License-Identifier: Apache-2.0
// What a long job reports while it runs. Stages call it; cli/ shows it (terminal, plain lines, JSON lines); tests
// record it. Calls come from any thread and must return at once. Never carries secrets: callers mask them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild {

// How one long read or write tells of its bytes; an error from it ends the work (a stop that was asked for).
using ByteProgress = std::function<Result<void>(std::uint64_t done, std::uint64_t total)>;

enum class StepOutcome { hit, built, failed, stopped };

class Progress {
  public:
    virtual ~Progress() = default;
    virtual void started(const std::string& step, const std::string& what) = 0;  // "python:/opt/venv", "laying down"
    virtual void doing(const std::string& step, const std::string& what) = 0;    // what changed within the step
    virtual void bytes(const std::string& step, std::uint64_t done, std::uint64_t total) = 0;  // total 0: not known
    virtual void line(const std::string& step, std::string_view text) = 0;  // one line of a tool's output
    virtual void finished(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) = 0;
    // The work that began under the step's name is over and has no result to report: its line is removed.
    virtual void ended(const std::string&) {}
    virtual void message(const std::string& text) = 0;  // warnings; one line
};

class SilentProgress : public Progress {
  public:
    void started(const std::string&, const std::string&) override {}
    void doing(const std::string&, const std::string&) override {}
    void bytes(const std::string&, std::uint64_t, std::uint64_t) override {}
    void line(const std::string&, std::string_view) override {}
    void finished(const std::string&, StepOutcome, double, const std::string&) override {}
    void message(const std::string&) override {}
};

}  // namespace tmplbuild
