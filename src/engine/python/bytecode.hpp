// SPDX-License-Identifier: Apache-2.0
// Compiles Python sources to bytecode, by the interpreter that will read it, for the paths that the image will have.
// Used for venvs (unchecked: the files never change) and for trees that users update in place (checked). Equal sources
// give equal bytes, however many jobs run. Sources that do not compile (templates, other Pythons) get none, as with
// pip. Sources and results are passed in a few large files, since a venv has tens of thousands of small ones.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/sandbox/sandbox.hpp"
#include "resolve/base_contract.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

enum class PycKind { unchecked_hash, checked_hash };  // PEP 552

// Sources that belong together: a distribution, or a tree. Their bytecode depends on themselves alone.
struct BytecodeUnit {
    // Takes the next piece of source number `at`; numbers never decrease.
    using Put = std::function<Result<void>(std::size_t at, std::span<const std::byte> data)>;
    std::vector<std::string> sources;  // paths below final_path, sorted
    // Gives every source's content. Called once; those of several units run at the same time.
    std::function<Result<void>(const Put&)> read;
};

struct BytecodeRequest {
    PythonFacts python;  // any other interpreter is a build_error
    PycKind kind = PycKind::unchecked_hash;
    std::filesystem::path folder;  // on this machine, empty; must outlive the result
    std::string mounted;           // the same folder as the session's commands see it, writable
    std::string final_path;        // the beginning of a source's path in tracebacks: "/opt/venv"
    std::vector<BytecodeUnit> units;
    unsigned jobs = 1;
};

// The result: the content of a .pyc file for each source that compiles.
class Bytecode {
  public:
    bool has(const std::string& source) const { return pieces_.contains(source); }
    Result<std::string> read(const std::string& source) const;  // of a source that compiles
    std::uint64_t peak_memory = 0;                              // bytes, of all its processes

  private:
    friend class BytecodeParts;
    struct Piece {
        std::size_t file = 0;
        std::uint64_t offset = 0, size = 0;
    };
    std::shared_ptr<const sys::Beneath> folder_;
    // In the folder; opened for each read, since there may be more than a process may hold open.
    std::vector<std::string> files_;
    std::map<std::string, Piece> pieces_;
};

Result<Bytecode> compile_bytecode(SandboxSession& session, const BytecodeRequest& request, std::stop_token stop);

// "a/b.py" → "a/__pycache__/b.cpython-311.pyc".
std::string pyc_path(const std::string& source, const PythonFacts& python);

}  // namespace tmplbuild
