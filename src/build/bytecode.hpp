// SPDX-License-Identifier: Apache-2.0
// Python sources → bytecode, by the interpreter that will read it, for the paths that the image will have. Used for
// venvs (unchecked: the files never change) and for trees that users update in place (checked). Equal sources give
// equal bytes, however many jobs run. Sources that do not compile (templates, other Pythons) have none, as with pip.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "build/sandbox.hpp"
#include "resolve/base_contract.hpp"

namespace tmplbuild {

enum class PycKind { unchecked_hash, checked_hash };  // PEP 552

struct BytecodeRequest {
    PythonFacts python;  // an interpreter that is not this one is a build_error
    PycKind kind = PycKind::unchecked_hash;
    std::filesystem::path folder;                 // on this machine; sources in folder/tree, writable
    std::string mounted;                          // the same folder as the session's commands see it
    std::string final_path;                       // what stands in tracebacks for folder/tree: "/opt/venv"
    std::vector<std::vector<std::string>> units;  // paths below tree, by what belongs together: a distribution each
    unsigned jobs = 1;
};

// Writes tree/…/__pycache__/NAME.<cache tag>.pyc beside each source. A unit's bytecode depends on that unit alone.
// Returns the largest process's memory, bytes.
Result<std::uint64_t> compile_bytecode(SandboxSession& session, const BytecodeRequest& request, std::stop_token stop);

// "a/b.py" → "a/__pycache__/b.cpython-311.pyc".
std::string pyc_path(const std::string& source, const PythonFacts& python);

}  // namespace tmplbuild
