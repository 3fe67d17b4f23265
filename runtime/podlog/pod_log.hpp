// SPDX-License-Identifier: Apache-2.0
// Everything that the pod prints: each line is masked once and then goes to stdout with its service's name, to memory,
// and to the log writer. Used by the supervisor for services and for its own words. Never blocks and never touches a
// disk.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/secret_mask.hpp"
#include "loop/poller.hpp"
#include "podlog/line_ring.hpp"
#include "podlog/outlet.hpp"
#include "podlog/writer.hpp"

namespace tmplbuild::launch {

struct LogStatus {
    // Starting, writing, failing (the disk refuses), stuck (the disk does not answer), off.
    std::string state = "starting";
    std::string folder;                // where the files are; empty while none
    std::string reason;                // why it is failing or off
    std::uint64_t dropped = 0;         // lines that are in no file
    std::uint64_t stdout_dropped = 0;  // lines that are not on stdout
};

class PodLog {
  public:
    explicit PodLog(Poller& poller);
    ~PodLog();
    PodLog(const PodLog&) = delete;
    PodLog& operator=(const PodLog&) = delete;

    SecretMask& mask() { return mask_; }
    const SecretMask& mask() const { return mask_; }
    void open_stdout();
    void start_writer(const WriterOptions& options);

    void output(const std::string& service, std::string& block);  // whole lines of a service
    // An event: one line, which goes to the progress log too.
    void say(const std::string& name, const std::string& text);
    // On stdout alone, unmasked; no other function does that.
    void announce(const std::string& name, const std::string& secret);

    std::string last(const std::string& service, std::size_t lines) const;
    // The file with the lines that last(service, lines) has forgotten; empty: it has all of them, or there is no such
    // file.
    std::string older_in(const std::string& service, std::size_t lines) const;
    bool knows(const std::string& service) const { return rings_.contains(service); }
    LogStatus status() const;

    bool on_exit(pid_t pid);  // true: the process was one of the log's own
    bool owns(pid_t pid) const { return pid > 0 && (pid == writer_ || pid == relay_); }
    // For the very end of the pod: waits until the writer has written everything and ended, at most until `disk_by` and
    // no longer on a disk that does not answer; then for stdout, until `by`.
    void finish(Time by, Time disk_by);
    Time next_due() const { return restart_at_; }
    void tick(Time now);

    std::function<void(const std::string& service, std::string_view block)> on_lines;  // for those who follow a log
    std::function<void()> on_change;                                                   // status() has changed

  private:
    void show(const std::string& name, std::string_view block);
    void keep(const std::string& name, std::string_view block);
    void tell(const std::string& text);  // for words about the disk, which therefore do not go to the disk
    void fork_writer();
    void read_reports();
    void on_report(const std::string& line);
    void watch_disk();
    bool disk_is_silent() const;
    void finish_disk(Time by);

    Poller& poller_;
    SecretMask mask_;
    Outlet stdout_, disk_;
    std::map<std::string, LineRing> rings_;
    WriterOptions options_;
    std::atomic<Time>* busy_since_ = nullptr;  // one page, shared with the writer
    pid_t writer_ = 0, relay_ = 0;
    int reports_ = -1;
    std::string report_text_;
    Time restart_at_ = never, restart_pause_ = 1'000;
    std::string state_ = "starting", folder_, reason_;
    std::uint64_t refused_ = 0, told_ = 0;
    bool stuck_ = false, finished_ = false;
};

}  // namespace tmplbuild::launch
