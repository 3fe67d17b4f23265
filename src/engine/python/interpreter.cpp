// SPDX-License-Identifier: Apache-2.0
#include "engine/python/interpreter.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild {

static constexpr std::size_t answer_limit = 16 << 10;      // bytes
static constexpr std::uint64_t memory_limit = 1ULL << 30;  // bytes
static constexpr std::chrono::seconds time_limit{60};
static constexpr std::size_t path_limit = 100;  // folders of a PATH that are searched

// In a venv, or behind a script that starts another Python (pyenv's shims), this finds the interpreter that a venv can
// be made for. "-I" keeps other files of the image out of the answer.
static constexpr const char* question = R"(
import importlib.util, json, os, sys, sysconfig
program = sys.executable
if sys.prefix != sys.base_prefix:
    base = getattr(sys, "_base_executable", None)
    program = base if base and base != sys.executable else os.path.realpath(program)
elif os.path.realpath(program) == os.path.realpath(sys.argv[1]):
    program = sys.argv[1]
print(json.dumps({"command": program, "real_path": os.path.realpath(program),
                  "version": "%d.%d.%d" % sys.version_info[:3], "soabi": sysconfig.get_config_var("SOABI"),
                  "cache_tag": sys.implementation.cache_tag, "magic": importlib.util.MAGIC_NUMBER.hex()}))
)";

static bool is_program(const sys::Beneath& root, const std::string& path) {
    const auto info = root.status(path);
    return info && *info && S_ISREG((*info)->st_mode) && ((*info)->st_mode & 0111) != 0;
}

std::optional<std::string> find_on_path(const sys::Beneath& root, const std::string& path, const std::string& program) {
    std::vector<std::string> folders = split(path, ':');
    folders.resize(std::min(folders.size(), path_limit));
    for (const std::string& folder : folders) {
        const auto plain = parse_image_path(folder);
        if (!plain) continue;
        const std::string candidate = "/" + *plain + (plain->empty() ? "" : "/") + program;
        if (is_program(root, candidate)) return candidate;
    }
    return std::nullopt;
}

std::optional<std::string> find_interpreter(const sys::Beneath& root, const std::string& path,
                                            const std::string& asked) {
    if (!asked.starts_with('/')) return find_on_path(root, path, "python" + asked);
    if (!is_program(root, asked)) return std::nullopt;
    return asked;
}

static std::string last_line(const io::ProcessResult& result) {
    return result.tail.empty() ? std::string() : ": " + result.tail.back().substr(0, 200);
}

Result<PythonFacts> ask_interpreter(SandboxSession& session, const std::string& program, const std::stop_token& stop) {
    SandboxCommand command{.argv = {program, "-IBc", question, program}};
    command.memory_limit = memory_limit;
    command.timeout = time_limit;
    auto said = session.run(command, stop);
    if (!said) return said.error();
    if (said->timed_out) return build_error("it did not answer within " + std::to_string(time_limit.count()) + " s");
    if (said->exit_code != 0)
        return build_error("it ended with exit code " + std::to_string(said->exit_code) + last_line(*said));
    if (said->out.size() > answer_limit) return build_error("its answer is longer than that of a Python");
    auto document = json::parse(said->out, "its answer");
    if (!document) return document.error();
    if (!document->is_object()) return build_error("its answer is not that of a Python 3");
    return PythonFacts::from_json(document->get_object());
}

}  // namespace tmplbuild
