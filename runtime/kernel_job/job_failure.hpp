// SPDX-License-Identifier: Apache-2.0
// Why the job cannot go on. A failed system call is judged by its errno; only here, the output of pip, git and a
// compiler is judged by its words, since their exit codes do not tell. Used by the job's steps. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::job {

// Why a step failed on this pod, and whether another try may work with the same kernel.
struct JobFailure {
    JobFailure() = default;
    JobFailure(std::string what, bool may_pass, std::string why_it_passes = {})
        : words(std::move(what)), transient(may_pass), retry_cause(std::move(why_it_passes)) {}
    std::string words;
    bool transient = false;  // another try may work: no network, a full disk
    // Why another try works by itself: "network", "damaged", "headroom", "memory"; empty: a person has to help.
    std::string retry_cause{};
};

// What another program's output says about its failure.
enum class ToolFailure { disk_full, read_only, no_network, damaged, other };
struct ToolWords {
    ToolFailure failure = ToolFailure::other;
    std::string_view word{};  // the words that were found
};
ToolWords read_tool_words(std::string_view printed);

// For a program: `why` is how it ended; `printed` are its last lines, which are shown where they contain no known
// words.
JobFailure failure_of(const std::string& doing, const std::string& why, const std::string& printed);
// For this program's own work.
JobFailure failure_of(const std::string& doing, const Error& error);

}  // namespace tmplbuild::job
