// SPDX-License-Identifier: Apache-2.0
// The log writer: the one process of the launcher that touches the volume. It reads frames of lines from a pipe, dates
// them and keeps them in rotating files, and removes the files of former pods; a frozen disk may block it for any time.
// The launcher starts it again when it dies. Never masks: its input is masked already.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "loop/poller.hpp"

namespace tmplbuild::launch {

struct WriterOptions {
    std::string volume = "/workspace";            // used when it is a folder
    std::string fallback = "/var/log/tmplbuild";  // used otherwise; made where it is missing
    std::string pod = "pod";               // the name under which this pod keeps its files apart from other pods'
    std::uint64_t file_bytes = 5'000'000;  // of one file of one service
    unsigned files = 4;                    // of one service, the present one included
    Time retry_ms = 1'000;                 // after a failure nothing is tried for this long
    // Shared with the launcher: the time at which the writer began a call that touches the disk; 0: it is in none.
    std::atomic<Time>* busy_since = nullptr;
};

// A frame: one service's whole lines. The name "" is the progress log.
std::string frame(std::string_view name, std::string_view block);

// The name of a service's file in the folder of logs; no service name leads out of the folder.
std::string file_name(std::string_view service);

// The child's body: reads frames from descriptor 3 and writes reports to descriptor 4 as lines: "at FOLDER", "fails
// REASON", "works", "dropped NUMBER", "removed WORDS". Returns when the pipe ends.
int run_writer(const WriterOptions& options);

}  // namespace tmplbuild::launch
