// SPDX-License-Identifier: Apache-2.0
#include "engine/python/bytecode.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "base/json.hpp"
#include "engine/parallel.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

// Which objects a .pyc file shares depends on what the process had interned before. So each part of a unit is compiled
// in order by a fresh copy of one parent, and the bytes do not depend on how many run at once. The content is that of
// py_compile (its compile(), with the sources from elsewhere).
static constexpr const char* compile_script = R"(import sys
del sys.path[0]
import importlib._bootstrap_external as external, importlib.machinery, importlib.util, json, os

folder, final, jobs, kind, magic, tag = sys.argv[1:]
if importlib.util.MAGIC_NUMBER.hex() != magic or sys.implementation.cache_tag != tag:
    sys.exit("this is another Python than the lock's: " + sys.version)
with open(folder + "/parts.json", encoding="utf-8") as f:
    parts = json.load(f)

def bytecode(name, source):
    file = final + "/" + name
    if len(os.fsencode(os.path.basename(importlib.util.cache_from_source(file)))) > 255:
        return None
    loader = importlib.machinery.SourceFileLoader("<py_compile>", file)
    try:
        code = loader.source_to_code(source, file, _optimize=-1)
    except Exception:
        return None
    return external._code_to_hash_pyc(code, importlib.util.source_hash(source), kind == "CHECKED_HASH")

def compile_part(number, files):
    sizes = []
    path = "%s/%d." % (folder, number)
    with open(path + "py", "rb") as sources, open(path + "pyc", "xb") as out:
        for name, size in files:
            made = bytecode(name, sources.read(size))
            sizes.append(-1 if made is None else len(made))
            if made is not None:
                out.write(made)
    with open(path + "json", "x") as f:
        json.dump(sizes, f)

def wait():
    pid, status = os.wait()
    if status != 0:
        sys.exit("compiling ended with the status %d in: %s" % (status, ", ".join(f[0] for f in running[pid][:3])))
    del running[pid]

running = {}
for number, files in parts:
    if len(running) == int(jobs):
        wait()
    pid = os.fork()
    if pid == 0:
        try:
            compile_part(number, files)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    running[pid] = files
while running:
    wait()
)";

// Parts are small, so that the last one to finish does not keep the others waiting long.
static constexpr std::size_t part_size = 200;
static constexpr std::int64_t most_bytecode = 256 << 20;  // bytes of one source's

// The files in `folder`: N.py with the sources of part N one after the other, and the results in N.pyc and N.json
// (sizes, -1 for a source that does not compile).
class BytecodeParts {
  public:
    explicit BytecodeParts(const BytecodeRequest& request) : request_(request) {
        for (std::size_t u = 0; u < request.units.size(); ++u) {
            first_part_.push_back(parts_.size());
            for (std::size_t at = 0; at < request.units[u].sources.size(); at += part_size)
                parts_.push_back(
                    {u, at, std::vector<std::uint64_t>(std::min(part_size, request.units[u].sources.size() - at))});
        }
    }

    bool empty() const { return parts_.empty(); }

    Result<void> write_sources() {
        return run_parallel(request_.units.size(), request_.jobs, [&](std::size_t u) -> Result<void> {
            if (request_.units[u].sources.empty()) return {};
            sys::Fd file;
            std::size_t open_part = 0;
            return request_.units[u].read([&](std::size_t at, std::span<const std::byte> data) -> Result<void> {
                const std::size_t number = first_part_[u] + at / part_size;
                if (!file || open_part != number) {
                    auto made = sys::open_fd(name(number, "py"), O_WRONLY | O_CREAT | O_EXCL);
                    if (!made) return made.error();
                    file = std::move(*made);
                    open_part = number;
                }
                parts_[number].sizes[at % part_size] += data.size();
                return sys::write_all(file.get(), data, name(number, "py"));
            });
        });
    }

    Result<void> write_list() const {
        // Long parts run first; their order does not change the bytes.
        std::vector<std::size_t> order(parts_.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::accumulate(parts_[a].sizes.begin(), parts_[a].sizes.end(), std::uint64_t{0}) >
                   std::accumulate(parts_[b].sizes.begin(), parts_[b].sizes.end(), std::uint64_t{0});
        });
        json::array list;
        for (const std::size_t number : order) {
            json::array files;
            for (std::size_t i = 0; i < parts_[number].sizes.size(); ++i)
                files.push_back(json::array{source(number, i), parts_[number].sizes[i]});
            list.push_back(json::array{number, std::move(files)});
            // A part that only holds empty files was never written to.
            if (auto made = sys::open_fd(name(number, "py"), O_WRONLY | O_CREAT); !made) return made.error();
        }
        return sys::write_file_atomic(request_.folder / "parts.json", json::canonical(list));
    }

    // A program of the image wrote these files, and may have left anything there: they are read beneath the folder, as
    // regular files only, and no more than was asked for.
    Result<Bytecode> results() const {
        auto folder = sys::Beneath::open(request_.folder, sys::Outside::refused);
        if (!folder) return folder.error();
        Bytecode out;
        out.folder_ = std::make_shared<const sys::Beneath>(std::move(*folder));
        for (std::size_t number = 0; number < parts_.size(); ++number)
            if (auto taken = take(number, out); !taken) return taken.error();
        return out;
    }

  private:
    struct Part {
        std::size_t unit, first;           // its sources: those of this unit from this index on
        std::vector<std::uint64_t> sizes;  // of each source, in bytes
    };

    Result<void> take(std::size_t number, Bytecode& out) const {
        const Part& part = parts_[number];
        const std::string list = file_name(number, "json"), content = file_name(number, "pyc");
        auto text = out.folder_->read_file(list, 64 + 24 * part.sizes.size());
        if (!text) return text.error();
        auto sizes = json::parse(*text, list);
        if (!sizes) return sizes.error();
        const Error other = build_error("the image's Python wrote other bytecode than it was asked for");
        if (!sizes->is_array() || sizes->get_array().size() != part.sizes.size()) return other;
        std::uint64_t offset = 0;
        for (std::size_t i = 0; i < part.sizes.size(); ++i) {
            const auto* size = sizes->get_array()[i].if_int64();
            if (size == nullptr || *size > most_bytecode) return other;
            if (*size < 0) continue;
            out.pieces_[source(number, i)] = {out.files_.size(), offset, static_cast<std::uint64_t>(*size)};
            offset += static_cast<std::uint64_t>(*size);
        }
        const auto facts = out.folder_->link_status(content);
        if (!facts) return facts.error();
        const bool whole =
            *facts && S_ISREG((*facts)->st_mode) && static_cast<std::uint64_t>((*facts)->st_size) == offset;
        if (!whole) return other;
        out.files_.push_back(content);
        return {};
    }

    static std::string file_name(std::size_t number, const char* ending) {
        return std::to_string(number) + "." + ending;
    }
    std::string name(std::size_t number, const char* ending) const {
        return request_.folder / file_name(number, ending);
    }
    const std::string& source(std::size_t number, std::size_t i) const {
        return request_.units[parts_[number].unit].sources[parts_[number].first + i];
    }

    const BytecodeRequest& request_;
    std::vector<Part> parts_;
    std::vector<std::size_t> first_part_;  // by unit
};

Result<std::string> Bytecode::read(const std::string& source) const {
    const Piece& piece = pieces_.at(source);
    const std::string& name = files_[piece.file];
    const auto file = folder_->open_file(name);
    if (!file) return file.error();
    std::string out(piece.size, '\0');
    for (std::size_t done = 0; done < out.size();) {
        const ssize_t got =
            ::pread(file->get(), out.data() + done, out.size() - done, static_cast<off_t>(piece.offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return os_error("read", name, got < 0 ? errno : EIO);
        done += static_cast<std::size_t>(got);
    }
    return out;
}

Result<Bytecode> compile_bytecode(SandboxSession& session, const BytecodeRequest& request, std::stop_token stop) {
    BytecodeParts parts(request);
    if (parts.empty()) return Bytecode{};
    if (auto written = parts.write_sources(); !written) return written.error();
    if (auto written = parts.write_list(); !written) return written.error();
    SandboxCommand command;
    // Not -I, which would ignore PYTHONHASHSEED, so that the order of a set's constants would change each time.
    command.argv = {request.python.command, "-s", "-S", "-B", "-W", "ignore", "-"};
    for (const std::string& argument :
         {request.mounted, request.final_path, std::to_string(std::max(request.jobs, 1U)),
          std::string(request.kind == PycKind::unchecked_hash ? "UNCHECKED_HASH" : "CHECKED_HASH"),
          request.python.magic, request.python.cache_tag})
        command.argv.push_back(argument);
    command.environment = {{"PYTHONHASHSEED", "0"}, {"PYTHONUTF8", "1"}};
    command.stdin_text = compile_script;
    auto result = session.run(command, std::move(stop));
    if (!result) return result.error();
    if (result->exit_code != 0) {
        Error error = build_error("the image's Python could not compile bytecode (exit " +
                                  std::to_string(result->exit_code) + ")");
        error.detail = result->tail_text();
        return error;
    }
    auto bytecode = parts.results();
    if (bytecode) bytecode->peak_memory = result->peak_memory;
    return bytecode;
}

std::string pyc_path(const std::string& source, const PythonFacts& python) {
    const std::size_t name = source.rfind('/') + 1;  // npos + 1 is 0
    return source.substr(0, name) + "__pycache__/" + source.substr(name, source.size() - name - 3) + "." +
           python.cache_tag + ".pyc";
}

}  // namespace tmplbuild
