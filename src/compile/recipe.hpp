// SPDX-License-Identifier: Apache-2.0
// How one arch of a kernel is compiled: the places, the complete environment, the commands, and what is done with the
// result. The builder runs it in its sandbox and a pod's job runs it in the pod, so that one key means one result
// wherever it is made. Pure: reads nothing, starts nothing, and takes nothing from the environment of its caller.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/arch.hpp"

namespace tmplbuild::compile {

using Texts = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

// Raised when the same recipe would get other commands, another environment or other places: part of every variant's
// key.
inline constexpr int recipe_version = 3;

const Texts& recipe_placeholders();  // the words that a recipe's command and environments may use

// Where everything of a compile lies. Paths get into the compiled bytes, so they are the same wherever it runs.
struct Places {
    std::string source;        // "/build/sage"
    std::string toolkit;       // NVIDIA's own, with bin/nvcc
    std::string cuda_home;     // the same with nvcc-front in the place of nvcc
    std::string requirements;  // a venv of the compile alone: bin/, lib/python3.11/site-packages
    std::string stub;          // libcuda.so, to link against
    std::string output;        // becomes the variant's folder
    std::string temporary;     // TMPDIR
    std::string log;           // a folder, in which nvcc-front writes what it changed
};
// "/build/<kernel>": where the source of a kernel lies.
std::string source_directory(const std::string& kernel);
// They lie beside the source: "/build/.sage/toolkit" and so on.
Places places_of(const std::string& source_directory);

struct Recipe {
    kernel::Arch arch;
    std::string directory;     // source_directory()
    Texts command;             // values hold {arch}, {sm}, {output} and {jobs} (base/placeholders.hpp)
    Environment environment;   // of the recipe; values hold the same words
    bool driver_stub = false;  // it links against libcuda
    std::string venv;          // the venv whose torch it is compiled against: "/opt/venv"; empty: it needs no torch
    Texts headers;             // folders of that venv that torch's own headers need, absolute
    std::string requirement_packages;  // below Places::requirements: "lib/python3.11/site-packages"; empty: none
    std::string interpreter;           // makes the bytecode; empty: there is no Python
    unsigned jobs = 1;                 // how many compilers run at once: never changes the bytes
};

// All variables; the caller must add none of its own.
Environment environment(const Recipe& recipe);
Texts command(const Recipe& recipe);
// A compile of nothing, which runs first: a toolkit that cannot work fails in seconds. `source` and `object` are paths
// in the place of the compile.
Texts canary(const Recipe& recipe, const std::string& source, const std::string& object);

// The command for the modules of the output (relative paths), which removes the symbols that nvcc names after its own
// process id. Empty: none is needed.
Texts strip_command();
std::optional<Texts> strip(const Recipe& recipe, const Texts& files);
// The command that makes bytecode of the output's Python files, since variants are read-only on a pod. None: not
// needed.
std::optional<Texts> bytecode(const Recipe& recipe, const Texts& files);

// The name of that Python's folders in a venv: "python3.11", "python3.13t". `soabi` tells whether it is free-threaded.
std::string python_folder(const std::string& python_version, const std::string& soabi);
// "lib/python3.11/site-packages", as venvs of that Python have it.
std::string site_packages(const std::string& python_version, const std::string& soabi);
// The nvidia/*/include folders of a venv's packages that torch's headers need. `names`: the folders below nvidia/ that
// have an `include`, in any order.
Texts nvidia_headers(const std::string& site_packages, Texts names);

// Why the metadata that a compile left is not what pip should list: it holds a distribution of the recipe's name in
// another version, which Python would find first. `files`: of the output, relative.
std::optional<std::string> metadata_problem(const Texts& files, const std::string& package, const std::string& version);

}  // namespace tmplbuild::compile
