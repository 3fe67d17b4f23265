// SPDX-License-Identifier: Apache-2.0
// The log writer: the one process of the launcher that touches the volume. It reads frames of lines from a pipe, dates
// them and keeps them in rotating files, and removes what pods of before have left; it may hang on a frozen disk for as
// long as it likes. The launcher starts it again when it dies. Never masks: what it gets is masked already.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "loop/poller.hpp"

namespace tmplbuild::launch {

struct WriterOptions {
    std::string volume = "/workspace";            // used when it is a folder
    std::string fallback = "/var/log/tmplbuild";  // else this, made where it is missing
    std::string pod = "pod";                      // one name for all that this pod keeps apart from other pods
    std::uint64_t file_bytes = 5'000'000;         // of one file of one service
    unsigned files = 4;                           // of one service, the present one included
    Time retry_ms = 1'000;                        // after a failure nothing is tried for this long
    // Shared with the launcher: since when the writer is inside a call that touches the disk; 0: it is not.
    std::atomic<Time>* busy_since = nullptr;
};

// A frame: one service's whole lines. The name "" is the progress log.
std::string frame(std::string_view name, std::string_view block);

// The name of a service's file in the folder of logs: nothing of it leads out of the folder.
std::string file_name(std::string_view service);

// The child's body: frames from descriptor 3, reports to descriptor 4 as lines: "at FOLDER", "fails REASON",
// "works", "dropped NUMBER", "removed WORDS". Returns when the pipe ends.
int run_writer(const WriterOptions& options);

}  // namespace tmplbuild::launch
