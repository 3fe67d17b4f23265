// SPDX-License-Identifier: Apache-2.0
// Why the job cannot go on: from a failed system call by its errno, and, at this one edge, from the words that pip, git
// and a compiler print, since their exit codes do not tell. Used by the job's steps. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::job {

// Why something cannot be done on this pod now, though nothing is wrong with the kernel.
struct JobFailure {
    JobFailure() = default;
    JobFailure(std::string what, bool may_pass, std::string why_it_passes = {})
        : words(std::move(what)), transient(may_pass), retry_cause(std::move(why_it_passes)) {}
    std::string words;
    bool transient = false;     // another try may work: no network, a full disk
    std::string retry_cause{};  // why another try works by itself: "network", "damaged", "headroom", "memory"; empty: a
                                // person has to help
};

// What another program's output says of its failure.
enum class ToolFailure { disk_full, read_only, no_network, damaged, other };
struct ToolWords {
    ToolFailure failure = ToolFailure::other;
    std::string_view word{};  // what was found
};
ToolWords read_tool_words(std::string_view printed);

// Of a program: `why` is how it ended, `printed` its last lines, which are shown where they say nothing that is known.
JobFailure failure_of(const std::string& doing, const std::string& why, const std::string& printed);
// Of this program's own work.
JobFailure failure_of(const std::string& doing, const Error& error);

}  // namespace tmplbuild::job
