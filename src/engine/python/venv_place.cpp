// SPDX-License-Identifier: Apache-2.0
#include "engine/python/venv_place.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "compile/recipe.hpp"

namespace tmplbuild {

Result<VenvPlace> VenvPlace::make(const std::string& venv, const PythonFacts& python) {
    auto path = parse_image_path(venv);
    if (!path) return path.error();
    const bool bad = std::any_of(path->begin(), path->end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || std::string_view("'\"\\$`:").find(c) != std::string_view::npos;
    });
    if (path->empty() || bad)
        return usage_error("a venv cannot be at '" + venv + "': its scripts and PATH could not name it",
                           "use a path of plain letters, like \"/opt/venv\"");
    VenvPlace place;
    place.root_ = "/" + *path;
    place.python_ = compile::python_folder(python.version, python.soabi);
    return place;
}

std::string VenvPlace::inside(const std::string& relative) const { return root_.substr(1) + "/" + relative; }

std::string VenvPlace::headers(const std::string& distribution) const {
    return "include/site/" + python_ + "/" + distribution;
}

std::string VenvPlace::script_head() const {
    // execve(2): before 5.1, Linux read at most 127 bytes of the first line, "#!" and newline included.
    constexpr std::size_t longest = 127;
    std::string plain = "#!" + interpreter() + "\n";
    if (plain.size() <= longest && plain.find_first_of(" \t") == std::string::npos) return plain;
    // sh runs the second line and never reaches the third; Python reads both as one unused string.
    return "#!/bin/sh\n'''exec' \"" + interpreter() + "\" \"$0\" \"$@\"\n' '''\n";
}

static std::string activate_script(const VenvPlace& place) {
    const std::string name = place.root().substr(place.root().rfind('/') + 1);
    return "# Made by tmplbuild. Use it as \". bin/activate\" in sh, bash or zsh; \"deactivate\" undoes it.\n"
           "deactivate() {\n"
           "    if [ -n \"${_OLD_VIRTUAL_PATH+set}\" ]; then\n"
           "        PATH=$_OLD_VIRTUAL_PATH\n"
           "        export PATH\n"
           "        unset _OLD_VIRTUAL_PATH\n"
           "    fi\n"
           "    if [ -n \"${_OLD_VIRTUAL_PYTHONHOME+set}\" ]; then\n"
           "        PYTHONHOME=$_OLD_VIRTUAL_PYTHONHOME\n"
           "        export PYTHONHOME\n"
           "        unset _OLD_VIRTUAL_PYTHONHOME\n"
           "    fi\n"
           "    if [ -n \"${_OLD_VIRTUAL_PS1+set}\" ]; then\n"
           "        PS1=$_OLD_VIRTUAL_PS1\n"
           "        unset _OLD_VIRTUAL_PS1\n"
           "    fi\n"
           "    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT\n"
           "    hash -r 2>/dev/null || true  # shells remember where they found a program\n"
           "    if [ \"${1:-}\" != keep ]; then unset -f deactivate; fi\n"
           "}\n"
           "deactivate keep\n"
           "VIRTUAL_ENV='" +
           place.root() +
           "'\n"
           "VIRTUAL_ENV_PROMPT='" +
           name +
           "'\n"
           "export VIRTUAL_ENV VIRTUAL_ENV_PROMPT\n"
           "_OLD_VIRTUAL_PATH=$PATH\n"
           "PATH=$VIRTUAL_ENV/bin:$PATH\n"
           "export PATH\n"
           "if [ -n \"${PYTHONHOME+set}\" ]; then\n"
           "    _OLD_VIRTUAL_PYTHONHOME=$PYTHONHOME\n"
           "    unset PYTHONHOME\n"
           "fi\n"
           "if [ -z \"${VIRTUAL_ENV_DISABLE_PROMPT:-}\" ] && [ -n \"${PS1+set}\" ]; then\n"
           "    _OLD_VIRTUAL_PS1=$PS1\n"
           "    PS1=\"(\"$VIRTUAL_ENV_PROMPT\") $PS1\"\n"
           "fi\n"
           "hash -r 2>/dev/null || true\n";
}

// site.py runs an `import` line of a .pth file as code, also under -I; a plain path would only be appended.
static std::string kernels_pth(const std::vector<std::string>& kernels) {
    std::vector<std::string> paths;
    paths.reserve(kernels.size());
    for (const std::string& kernel : kernels) paths.push_back("'/run/tmplbuild/kernels/" + kernel + "/active'");
    return "import sys; sys.path[:0] = [" + join(paths, ", ") + "]\n";
}

std::vector<VenvFile> venv_skeleton(const VenvPlace& place, const PythonFacts& python,
                                    const std::vector<std::string>& kernels) {
    auto link = [](const std::string& path, const std::string& target) {
        return VenvFile{{.path = path, .type = EntryType::symlink, .mode = 0777, .link = target}, {}};
    };
    auto folder = [](const std::string& path) {
        return VenvFile{{.path = path, .type = EntryType::directory, .mode = 0755}, {}};
    };
    const std::string home = python.real_path.substr(0, python.real_path.rfind('/'));
    const std::string versioned = place.library().substr(4);
    std::vector<VenvFile> files = {
        {{.path = "pyvenv.cfg"},
         "home = " + (home.empty() ? "/" : home) + "\ninclude-system-site-packages = false\nversion = " +
             python.version + "\nexecutable = " + python.real_path + "\n"},
        {{.path = "bin/activate"}, activate_script(place)},
        link("bin/python", python.command),
        link("bin/python3", "python"),
        link("bin/" + versioned, "python"),
        link("lib64", "lib"),
        folder("include"),
        folder(place.site_packages()),
    };
    // site.py reads .pth files in the order of their names, so the last one that inserts a path puts it first.
    if (!kernels.empty())
        files.push_back({{.path = place.site_packages() + "/zz_tmplbuild_kernels.pth"}, kernels_pth(kernels)});
    return files;
}

}  // namespace tmplbuild
