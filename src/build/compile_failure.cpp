// SPDX-License-Identifier: Apache-2.0
#include "build/compile_failure.hpp"

#include <algorithm>
#include <array>
#include <regex>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

// The first rule whose pattern is in the log. Words as the tools of CUDA 12 and 13, GCC 12 to 15, setuptools and torch
// 2.4 to 2.12 print them; "$1" in reason and advice is what the pattern caught.
struct Rule {
    const char* pattern;
    const char* reason;
    const char* advice;
    bool out_of_memory;
};

constexpr std::array rules = {
    Rule{"(?:died due to signal 9|Killed signal terminated program|virtual memory exhausted|"
         "cannot allocate memory|std::bad_alloc|LLVM ERROR: out of memory)",
         "it ran out of memory", "give the machine more memory, or say in the recipe what it needs ([build] memory)",
         true},
    Rule{"can't open file '[^']*/setup\\.py'", "its source has no setup.py",
         "name the folder or commit that holds setup.py: [source] of the recipe, or 'source', 'git' and 'rev' of "
         "[[kernels]]",
         false},
    Rule{"Instruction '([^']+)' not supported on \\.target '(sm_[0-9]+[af]?)'",
         "a module uses the instruction $1, which $2 does not have",
         "name in [[module]] only the GPUs that the module is for, and compile it for those archs alone", false},
    Rule{"Unsupported gpu architecture '([^']+)'", "this toolkit does not know $1",
         "write a newer targets.cuda, or take the arch out of the recipe", false},
    Rule{"unsupported GNU version! gcc versions later than ([0-9]+)",
         "the base's compiler is newer than gcc $1, the newest that this CUDA takes",
         "choose a newer targets.cuda, or an older base.debian.suite", false},
    Rule{"detected CUDA version \\(([0-9.]+)\\) mismatches the version that was used to compile\\s+PyTorch "
         "\\(([0-9.]+)\\)",
         "torch is built for CUDA $2, and the toolkit is CUDA $1", "choose a torch for the major of targets.cuda",
         false},
    Rule{"ModuleNotFoundError: No module named '([A-Za-z0-9_]+)", "its build needs the Python package $1",
         "add it to [build] requirements of the recipe", false},
    Rule{"Ninja is required to load C\\+\\+ extensions", "its build needs ninja",
         "add \"ninja\" to [build] requirements of the recipe", false},
    Rule{"cannot find -lcuda\\b", "it links against libcuda, which only a driver brings",
         "write driver_stub = true under [toolchain] of the recipe", false},
    Rule{"fatal error: Python\\.h: No such file", "Python's headers are missing",
         "write needs_torch = true under [build] of the recipe, or add python3-dev to the base", false},
    Rule{"(?:Temporary failure in name resolution|Could not resolve host|Name or service not known)",
         "it asks the network, and a compile has none",
         "bring what it fetches with the source: submodules, [build] requirements, or a patch of its build", false},
};

std::string filled(std::string text, const std::cmatch& found) {
    for (std::size_t group = 1; group < found.size(); ++group) {
        const std::string mark = "$" + std::to_string(group);
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
            text.replace(at, mark.size(), found[group].str());
    }
    return text;
}

}  // namespace

std::optional<CompileFailure> explain_compile_failure(std::string_view log, int exit_code, bool killed_for_memory) {
    const CompileFailure out_of_memory{rules[0].reason, rules[0].advice, true};
    if (killed_for_memory) return out_of_memory;
    for (const Rule& rule : rules) {
        std::cmatch found;
        if (std::regex_search(log.data(), log.data() + log.size(), found, std::regex(rule.pattern)))
            return CompileFailure{filled(rule.reason, found), filled(rule.advice, found), rule.out_of_memory};
    }
    // Nobody but the kernel's own killer sends KILL to a compile that is neither stopped nor late.
    if (exit_code == 128 + 9) return out_of_memory;
    return std::nullopt;
}

Error missing_module(const std::string& kernel, const std::string& arch, const std::string& module,
                     std::vector<std::string> made, const std::vector<std::string>& declared) {
    const std::string compile = "the compile of '" + kernel + "' for " + arch;
    if (made.empty())
        return build_error(compile + " left nothing in {output}, and ended as if all were well",
                           "its command has to write '" + module + "' below {output}: see [build] of the recipe");
    std::sort(made.begin(), made.end());
    constexpr std::size_t shown = 8;
    const std::size_t more = made.size() > shown ? made.size() - shown : 0;
    std::vector<std::string> unknown = made;
    std::erase_if(unknown, [&](const std::string& file) {
        return std::find(declared.begin(), declared.end(), file) != declared.end();
    });
    const std::string nearest = did_you_mean(module, unknown);
    made.resize(made.size() - more);
    return build_error(compile + " made no '" + module + "', which its GPUs need",
                       "it made " + join(made, ", ") + (more != 0 ? " and " + std::to_string(more) + " more" : "") +
                           (nearest.empty() ? "" : "; " + nearest.substr(0, nearest.size() - 1)) +
                           "; the names stand in the recipe's [[module]] table");
}

}  // namespace tmplbuild
