// SPDX-License-Identifier: Apache-2.0
// The paths of things in a venv, and the files of a venv besides its packages: pyvenv.cfg, the interpreter's links,
// activate, and the .pth file that puts active kernels first. We write them ourselves, since Python's venv module would
// have to run in the image, and its output differs between versions. Used wherever a venv is laid out. Paths are
// relative to the venv unless said otherwise.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "pack/layer_writer.hpp"
#include "resolve/base_contract.hpp"

namespace tmplbuild {

class VenvPlace {
  public:
    // `venv`: absolute path in the image. Refuses paths that the first lines of a script cannot hold (quotes, '$', …).
    static Result<VenvPlace> make(const std::string& venv, const PythonFacts& python);

    const std::string& root() const { return root_; }         // "/opt/venv"
    std::string inside(const std::string& relative) const;    // "opt/venv/<relative>": an entry's path
    std::string library() const { return "lib/" + python_; }  // "lib/python3.11", "lib/python3.13t"
    std::string site_packages() const { return library() + "/site-packages"; }
    std::string headers(const std::string& distribution) const;  // "include/site/python3.11/<distribution>"
    std::string interpreter() const { return root_ + "/bin/python"; }
    // The beginning of a script of the venv: "#!<interpreter>
    // ", or, where Linux could not read that (127 bytes before 5.1, no white space), three lines that both sh and
    // Python can read, of which the first starts sh.
    std::string script_head() const;

  private:
    std::string root_, python_;
};

struct VenvFile {
    Entry entry;  // path relative to the venv
    std::string text;
};

// `kernels`: names; /run/tmplbuild/kernels/<name>/active comes first on Python's path, that of the first name before
// all.
std::vector<VenvFile> venv_skeleton(const VenvPlace& place, const PythonFacts& python,
                                    const std::vector<std::string>& kernels);

}  // namespace tmplbuild
