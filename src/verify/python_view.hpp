// SPDX-License-Identifier: Apache-2.0
// The Pythons of an image, as its files describe them: virtual environments, the interpreter that each starts, what is
// installed there (PEP 376, PEP 566). The proofs load modules into them and look for distributions. Never starts a
// Python.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/root_view.hpp"

namespace tmplbuild {

struct InstalledDistribution {
    std::string name;                       // normalised by PEP 503: "nvidia-cublas"
    std::string version;                    // as its METADATA says it
    std::vector<std::string> requirements;  // Requires-Dist lines, whole
};

// The header fields of a METADATA file; an empty name when it has none.
InstalledDistribution parse_metadata(std::string_view text);

struct PythonView {
    std::string root;  // of the venv, "/opt/venv"; empty: the base's own Python
    RootView::Node interpreter;
    std::string name;               // "python3.11"
    std::string soabi_tag() const;  // "cpython-311"
    std::vector<std::string> site_packages;
    std::vector<InstalledDistribution> distributions;
    std::vector<std::string> path_files;  // the lines of its .pth files

    const InstalledDistribution* find(std::string_view distribution) const;
    bool switches_on(std::string_view kernel) const;  // whether a .pth file names the kernel's active variant
};

// Every venv, sorted by path; in an image without venvs, the base's Python, if there is one.
std::vector<PythonView> pythons_of(const RootView& view);

}  // namespace tmplbuild
