// SPDX-License-Identifier: Apache-2.0
// Progress on a terminal: one live line for each running step, redrawn five times a second; the line of a step that
// ended moves above them and stays. Used by progress.cpp. Writes to stderr alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/progress.hpp"
#include "cli/live_region.hpp"

namespace tmplbuild::cli {

class TerminalProgress : public Progress {
  public:
    explicit TerminalProgress(bool colour);
    ~TerminalProgress() override;

    void started(const std::string& step, const std::string& what) override;
    void doing(const std::string& step, const std::string& what) override;
    void bytes(const std::string& step, std::uint64_t done, std::uint64_t total) override;
    void line(const std::string& step, std::string_view text) override;
    void finished(const std::string& step, StepOutcome outcome, double seconds, const std::string& note) override;
    void ended(const std::string& step) override;
    void message(const std::string& text) override;
    // Removes the live lines for good, since results follow on the same terminal.
    void end();

  private:
    struct Running {
        std::string step, what, bytes, last;
        std::chrono::steady_clock::time_point since;
    };
    Running* find(const std::string& step);
    void paint(const std::stop_token& stop);
    void redraw(const std::string& above = {});  // a line that stays above the live ones

    bool colour_, ended_ = false;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<Running> running_;  // in the order of their starts, so that no line changes its place
    LiveRegion region_;
    std::jthread painter_;  // the last member: its thread uses everything above
};

}  // namespace tmplbuild::cli
