// SPDX-License-Identifier: Apache-2.0
// How one arch of a kernel is compiled: places, the environment in full, the commands, what is done to the result. The
// builder runs it in its sandbox and a pod's job in the pod, so that one key names one result wherever it is made.
// Pure: reads nothing, starts nothing, and takes nothing from the environment that it is called in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/arch.hpp"

namespace tmplbuild::compile {

using Texts = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

// Raised when anything below gives other commands, another environment or other places for the same recipe: part of
// every variant's key.
inline constexpr int recipe_version = 3;

const Texts& recipe_placeholders();  // the words that a recipe's command and environments may use

// Where everything of a compile lies. Names get into bytes, so they are the same wherever it runs.
struct Places {
    std::string source;        // "/build/sage"
    std::string toolkit;       // NVIDIA's own: bin/nvcc
    std::string cuda_home;     // the same, with the front in nvcc's place
    std::string requirements;  // a venv of the compile alone: bin/, lib/python3.11/site-packages
    std::string stub;          // libcuda.so, to link against
    std::string output;        // becomes the variant's folder
    std::string temporary;     // TMPDIR
    std::string log;           // a folder: what the front changed
};
// "/build/<kernel>": where the source of a kernel lies.
std::string source_directory(const std::string& kernel);
// Beside the source: "/build/.sage/toolkit" and so on.
Places places_of(const std::string& source_directory);

struct Recipe {
    kernel::Arch arch;
    std::string directory;             // source_directory()
    Texts command;                     // values hold {arch}, {sm}, {output} and {jobs} (base/placeholders.hpp)
    Environment environment;           // of the recipe, likewise
    bool driver_stub = false;          // it links against libcuda
    std::string venv;                  // whose torch it is compiled against: "/opt/venv"; empty: it needs none
    Texts headers;                     // folders of that venv that torch's own headers need, absolute
    std::string requirement_packages;  // below Places::requirements: "lib/python3.11/site-packages"; empty: none
    std::string interpreter;           // that makes bytecode; empty: there is no Python
    unsigned jobs = 1;                 // how many compilers run side by side: never part of the bytes
};

// All variables; nothing of the caller's own is to be added.
Environment environment(const Recipe& recipe);
Texts command(const Recipe& recipe);
// The front is asked first: a toolkit that cannot work says so in seconds. `source` and `object`: paths inside.
Texts canary(const Recipe& recipe, const std::string& source, const std::string& object);

// What runs over the modules of the output, relative paths, so that nvcc's temporary names, which hold its process id,
// are no symbols any more. Nothing: there is none.
Texts strip_command();
std::optional<Texts> strip(const Recipe& recipe, const Texts& files);
// Bytecode of the output's Python files is made with it, since variants are read-only on a pod. Nothing: no need.
std::optional<Texts> bytecode(const Recipe& recipe, const Texts& files);

// "python3.11", "python3.13t": how the folders of that Python are named in a venv. `soabi` tells a free-threaded one.
std::string python_folder(const std::string& python_version, const std::string& soabi);
// "lib/python3.11/site-packages", as venvs of that Python have it.
std::string site_packages(const std::string& python_version, const std::string& soabi);
// Of a venv's packages: the nvidia/*/include folders that torch's headers need. `names`: folders below nvidia/ that
// have an `include`, in any order.
Texts nvidia_headers(const std::string& site_packages, Texts names);

// Why the metadata that a compile left is not what pip is to see: a distribution of the recipe's name in another
// version, which Python would find first. `files`: of the output, relative.
std::optional<std::string> metadata_problem(const Texts& files, const std::string& package, const std::string& version);

}  // namespace tmplbuild::compile
