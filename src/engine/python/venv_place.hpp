// SPDX-License-Identifier: Apache-2.0
// Where things are in a venv, and what a venv is besides its packages: pyvenv.cfg, the interpreter's links, activate,
// and the .pth file that puts active kernels first. Written by us, since Python's venv module would have to run in the
// image and writes what its own version likes. Paths are relative to the venv unless said otherwise.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "pack/layer_writer.hpp"
#include "resolve/base_contract.hpp"

namespace tmplbuild {

class VenvPlace {
  public:
    // `venv`: absolute path in the image. Refused: paths that a script's first lines cannot hold (quotes, '$', …).
    static Result<VenvPlace> make(const std::string& venv, const PythonFacts& python);

    const std::string& root() const { return root_; }         // "/opt/venv"
    std::string inside(const std::string& relative) const;    // "opt/venv/<relative>": an entry's path
    std::string library() const { return "lib/" + python_; }  // "lib/python3.11", "lib/python3.13t"
    std::string site_packages() const { return library() + "/site-packages"; }
    std::string headers(const std::string& distribution) const;  // "include/site/python3.11/<distribution>"
    std::string interpreter() const { return root_ + "/bin/python"; }
    // What a script of the venv begins with: "#!<interpreter>\n", or, where the kernel could not take that (127 bytes
    // before Linux 5.1, no white space), three lines that both sh and Python read, the first one starting sh.
    std::string script_head() const;

  private:
    std::string root_, python_;
};

struct VenvFile {
    Entry entry;  // path relative to the venv
    std::string text;
};

// `kernels`: names; /run/tmplbuild/kernels/<name>/active comes first on Python's path, the first name foremost.
std::vector<VenvFile> venv_skeleton(const VenvPlace& place, const PythonFacts& python,
                                    const std::vector<std::string>& kernels);

}  // namespace tmplbuild
