// SPDX-License-Identifier: Apache-2.0
#include "build/bytecode.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "io/file.hpp"

namespace tmplbuild {

// Which objects a .pyc file shares depends on what the process had interned before, so each part of a unit is compiled
// in order by a fresh copy of one parent: how many run at once cannot show in the bytes.
static constexpr const char* script = R"(import sys
del sys.path[0]
import importlib.util, json, os, py_compile

folder, final, jobs, kind, magic, tag = sys.argv[1:]
if importlib.util.MAGIC_NUMBER.hex() != magic or sys.implementation.cache_tag != tag:
    sys.exit("this is another Python than the lock's: " + sys.version)
mode = py_compile.PycInvalidationMode[kind]
with open(folder + "/parts.json", encoding="utf-8") as f:
    parts = json.load(f)

def compile_part(files):
    for name in files:
        source = folder + "/tree/" + name
        if len(os.fsencode(os.path.basename(importlib.util.cache_from_source(source)))) > 255:
            continue
        try:
            py_compile.compile(source, dfile=final + "/" + name, doraise=True, invalidation_mode=mode)
        except py_compile.PyCompileError:
            pass

def wait():
    pid, status = os.wait()
    if status != 0:
        sys.exit("compiling ended with the status %d in: %s" % (status, ", ".join(running[pid][:3])))
    del running[pid]

running = {}
for part in parts:
    if len(running) == int(jobs):
        wait()
    pid = os.fork()
    if pid == 0:
        try:
            compile_part(part)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    running[pid] = part
while running:
    wait()
)";

// A part is small enough that the last one to finish does not keep the others waiting long.
static constexpr std::size_t part_size = 200;

static json::array parts_of(const BytecodeRequest& request) {
    std::vector<json::array> parts;
    for (const auto& unit : request.units)
        for (std::size_t at = 0; at < unit.size(); at += part_size) {
            json::array part;
            for (std::size_t i = at; i < std::min(at + part_size, unit.size()); ++i) part.emplace_back(unit[i]);
            parts.push_back(std::move(part));
        }
    // Long ones first; the order of parts does not show in the bytes.
    std::stable_sort(parts.begin(), parts.end(),
                     [](const json::array& a, const json::array& b) { return a.size() > b.size(); });
    json::array out;
    for (json::array& part : parts) out.emplace_back(std::move(part));
    return out;
}

Result<std::uint64_t> compile_bytecode(SandboxSession& session, const BytecodeRequest& request, std::stop_token stop) {
    const json::array parts = parts_of(request);
    if (parts.empty()) return std::uint64_t{0};
    if (auto written = io::write_file_atomic(request.folder / "parts.json", json::canonical(parts)); !written)
        return written.error();
    SandboxCommand command;
    // Not -I: it would ignore PYTHONHASHSEED, and the order of a set's constants would be another each time.
    command.argv = {request.python.command, "-s", "-S", "-B", "-W", "ignore", "-"};
    for (const std::string& argument :
         {request.mounted, request.final_path, std::to_string(std::max(request.jobs, 1U)),
          std::string(request.kind == PycKind::unchecked_hash ? "UNCHECKED_HASH" : "CHECKED_HASH"),
          request.python.magic, request.python.cache_tag})
        command.argv.push_back(argument);
    command.environment = {{"PYTHONHASHSEED", "0"}, {"PYTHONUTF8", "1"}};
    command.stdin_text = script;
    auto result = session.run(command, std::move(stop));
    if (!result) return result.error();
    if (result->exit_code == 0) return result->peak_memory;
    Error error =
        build_error("the image's Python could not compile bytecode (exit " + std::to_string(result->exit_code) + ")");
    error.detail = result->tail_text();
    return error;
}

std::string pyc_path(const std::string& source, const PythonFacts& python) {
    const std::size_t name = source.rfind('/') + 1;  // npos + 1 is 0
    return source.substr(0, name) + "__pycache__/" + source.substr(name, source.size() - name - 3) + "." +
           python.cache_tag + ".pyc";
}

}  // namespace tmplbuild
