// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/compile_failure.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

// The part of a log's end that is examined: it holds the error that ended the compile, and foreign text must be handled
// in bounded time.
constexpr std::size_t looked_at = 256 << 10;

// Messages of the tools of CUDA 12 and 13, GCC 12 to 15, setuptools and torch 2.4 to 2.12, each with the mark that
// makes it an error of the tool itself ("error: ", the exception's name). "*" matches up to the literal after it, "^"
// is the start of the line; "$1" in reason and advice is the text that was matched.
struct Rule {
    std::string_view pattern;
    const char* reason;
    const char* advice;
};

constexpr std::array rules = {
    Rule{": can't open file '*/setup.py'", "its source has no setup.py",
         "name the folder or commit that holds setup.py: [source] of the recipe, or 'source', 'git' and 'rev' of "
         "[[kernels]]"},
    Rule{"error   : Instruction '*' not supported on .target '*'",
         "a module uses the instruction $1, which $2 does not have",
         "name in [[module]] only the GPUs that the module is for, and compile it for those archs alone"},
    Rule{"^nvcc fatal   : Unsupported gpu architecture '*'", "this toolkit does not know $1",
         "write a newer targets.cuda, or take the arch out of the recipe"},
    Rule{"error: #error -- unsupported GNU version! gcc versions later than * are",
         "the base's compiler is newer than gcc $1, the newest that this CUDA takes",
         "choose a newer targets.cuda, or an older base.debian.suite"},
    Rule{"^The detected CUDA version (*) mismatches the version that was used to compile PyTorch (*)",
         "torch is built for CUDA $2, and the toolkit is CUDA $1", "choose a torch for the major of targets.cuda"},
    Rule{"^ModuleNotFoundError: No module named '*'", "its build needs the Python package $1",
         "add it to [build] requirements of the recipe"},
    Rule{"^RuntimeError: Ninja is required to load C++ extensions", "its build needs ninja",
         "add \"ninja\" to [build] requirements of the recipe"},
    Rule{"ld: cannot find -lcuda:", "it links against libcuda, which only a driver brings",
         "write driver_stub = true under [toolchain] of the recipe"},
    Rule{": fatal error: Python.h: No such file", "Python's headers are missing",
         "write needs_torch = true under [build] of the recipe, or add python3-dev to the base"},
    Rule{"Temporary failure in name resolution", "it asks the network, and a compile has none",
         "bring what it fetches with the source: submodules, [build] requirements, or a patch of its build"},
    Rule{"Could not resolve host", "it asks the network, and a compile has none",
         "bring what it fetches with the source: submodules, [build] requirements, or a patch of its build"},
    Rule{"Name or service not known", "it asks the network, and a compile has none",
         "bring what it fetches with the source: submodules, [build] requirements, or a patch of its build"},
};

// The texts that were matched, or none. Goes through `line` once: each literal is searched for after the one before.
std::optional<std::vector<std::string>> match(std::string_view line, std::string_view pattern) {
    const bool anchored = pattern.starts_with('^');
    if (anchored) pattern.remove_prefix(1);
    constexpr std::size_t longest = 200;  // longest text that a message quotes: an instruction, a file
    std::vector<std::string> caught;
    std::size_t at = 0;
    for (bool first = true;; first = false) {
        const std::size_t star = pattern.find('*');
        const std::string_view literal = pattern.substr(0, star);
        const std::size_t found = line.find(literal, at);
        if (found == std::string_view::npos || (first && anchored && found != 0)) return std::nullopt;
        if (!first) {
            if (found - at > longest) return std::nullopt;
            caught.emplace_back(line.substr(at, found - at));
        }
        at = found + literal.size();
        if (star == std::string_view::npos) return caught;
        pattern.remove_prefix(star + 1);
    }
}

// Lines that tools print beside or after an error that ended them; none of these is a cause.
bool says_nothing(std::string_view line) {
    // Indented lines are the source line that a compiler shows, its caret, or frames of a Python traceback.
    if (trim(line).empty() || line.front() == ' ' || line.front() == '\t' || line.front() == '[') return true;
    for (const std::string_view start :
         {"ninja: ", "make: ", "make[", "FAILED: ", "Traceback (most recent call last)", "ptxas info",
          "collect2: error: ld ", "The above exception was the direct cause", "During handling of the above exception",
          "error: command ", "subprocess.CalledProcessError: ", "RuntimeError: Error compiling objects",
          "compilation terminated"})
        if (line.starts_with(start)) return true;
    for (const std::string_view part :
         {": warning: ", ": warning #", ": note: ", ": remark", " errors detected in the compilation of ",
          " error detected in the compilation of "})
        if (line.find(part) != std::string_view::npos) return true;
    return false;
}

std::string filled(std::string text, const std::vector<std::string>& caught) {
    for (std::size_t group = 0; group < caught.size(); ++group) {
        const std::string mark = "$" + std::to_string(group + 1);
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + caught[group].size()))
            text.replace(at, mark.size(), caught[group]);
    }
    return text;
}

// The package that holds a module: "packaging.version" is in "packaging".
std::vector<std::string> package_of(std::vector<std::string> caught, const Rule& rule) {
    if (rule.pattern.starts_with("^ModuleNotFoundError")) caught[0] = caught[0].substr(0, caught[0].find('.'));
    return caught;
}

}  // namespace

std::optional<CompileFailure> explain_compile_failure(std::string_view log, int exit_code, bool killed_for_memory) {
    if (killed_for_memory)
        return CompileFailure{"it ran out of memory",
                              "give the machine more memory, or say in the recipe what it needs ([build] memory)",
                              true};
    if (exit_code == 128 + 9)
        return CompileFailure{"it was killed by signal 9, and the kernel counted no kill for lack of memory",
                              "something on this machine ended it: a limit of the machine's own, or a person", false};
    if (log.size() > looked_at) log.remove_prefix(log.size() - looked_at);
    std::string after;  // the next line, in which a message may continue
    while (!log.empty()) {
        if (log.ends_with('\n')) log.remove_suffix(1);
        const std::size_t start = log.rfind('\n') + 1;  // npos + 1 is 0
        const std::string line(log.substr(start));
        log.remove_suffix(log.size() - start);
        const std::string both = after.starts_with("PyTorch (") ? line + " " + after : line;
        const bool shown = line.starts_with(' ') || line.starts_with('\t');  // a source line, not a message
        for (const Rule& rule : rules) {
            const auto caught = shown ? std::nullopt : match(both, rule.pattern);
            if (!caught) continue;
            const auto words = package_of(*caught, rule);
            return CompileFailure{filled(rule.reason, words), filled(rule.advice, words), false};
        }
        // The last error decides, since output after a message shows that the message did not end the compile.
        if (!says_nothing(line) && !line.starts_with("PyTorch (")) return std::nullopt;
        after = line;
    }
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
