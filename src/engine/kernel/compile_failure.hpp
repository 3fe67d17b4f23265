// SPDX-License-Identifier: Apache-2.0
// Why a kernel's compile failed, from the last output of its tools: known failures in words, with what to do. Used by
// the kernel step. Pure; for unknown failures the log's own last lines are shown. Time and memory are bounded by a
// constant, whatever the log holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

struct CompileFailure {
    std::string reason;  // a phrase: "it ran out of memory"
    std::string advice;
    bool out_of_memory = false;
};

// `log`: the lines of the compile, stdout and stderr; the last error in it decides. `exit_code`: of its command, 128 +
// signal when it was killed. `killed_for_memory`: Linux's own counters say that it ended one of the compile's processes
// for memory, which no tool's output tells.
std::optional<CompileFailure> explain_compile_failure(std::string_view log, int exit_code,
                                                      bool killed_for_memory = false);

// The error about a compile that ended well without a module that its GPUs need. `made`: the files that it left in
// {output}; `declared`: the modules of the recipe's table, which are not taken for misspellings of each other.
Error missing_module(const std::string& kernel, const std::string& arch, const std::string& module,
                     std::vector<std::string> made, const std::vector<std::string>& declared = {});

}  // namespace tmplbuild
