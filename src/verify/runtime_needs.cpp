// SPDX-License-Identifier: Apache-2.0
#include "verify/runtime_needs.hpp"

#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"

namespace tmplbuild {

namespace {

using Kind = kernel::RuntimeNeed::Kind;

std::string debian(const std::string& packages) {
    return "add " + packages + " to base.debian.packages, or as an `apt` layer over another base";
}

class Search {
  public:
    explicit Search(const NeedPlace& place) : place_(place) {
        folders_ = split(place.path, ':');
        if (place.python != nullptr && !place.python->root.empty())
            folders_.insert(folders_.begin(), place.python->root + "/bin");
    }

    std::vector<MissingNeed> run(const std::vector<kernel::RuntimeNeed>& needs) {
        for (const kernel::RuntimeNeed& need : needs) check_need(need);
        return std::move(out_);
    }

  private:
    void check_need(const kernel::RuntimeNeed& need) {
        need_ = &need;
        switch (need.kind) {
            case Kind::c_compiler:
                return compiler({"cc", "gcc", "clang"}, "cc1", "C compiler", debian("\"gcc\" and \"libc6-dev\""));
            case Kind::cxx_compiler:
                return compiler({"c++", "g++", "clang++"}, "cc1plus", "C++ compiler", debian("\"g++\""));
            case Kind::python_headers:
                return headers();
            case Kind::distribution:
                return distribution(need.name);
            case Kind::library:
                return library(need.name);
            case Kind::tool:
                if (!program(need.name))
                    miss("there is no program '" + need.name + "'", debian("the package that brings it"));
                return;
        }
    }

    void miss(std::string what, std::string hint) { out_.push_back({*need_, std::move(what), std::move(hint)}); }

    std::optional<RootView::Node> program(const std::string& name, bool administrators = true) const {
        std::vector<std::string> folders = folders_;
        if (administrators) folders.insert(folders.end(), {"/usr/local/sbin", "/usr/sbin", "/sbin"});
        for (const std::string& folder : folders) {
            if (folder.empty()) continue;
            auto node = place_.view.find(folder + "/" + name);
            if (node && node->is_executable()) return node;
        }
        return std::nullopt;
    }

    // A compiler is more than the program that people start: it runs others, and each of them must be there.
    void compiler(const std::vector<std::string>& names, const std::string& pass, const std::string& what,
                  const std::string& hint) {
        std::optional<RootView::Node> found;
        for (const std::string& name : names)
            if (!found) found = program(name, false);
        if (!found) return miss("there is no " + what + " (" + join(names, ", ") + ")", hint);
        const bool gnu = found->path.find("clang") == std::string::npos;
        if (gnu && !has_pass(pass))
            return miss("there is a " + what + " and not the program that it compiles with (" + pass + ")", hint);
        for (const char* tool : {"as", "ld"})
            if (!program(tool, false))
                return miss("there is a " + what + " and no '" + std::string(tool) + "'", debian("\"binutils\""));
        const bool headers = std::any_of(include_.begin(), include_.end(), [&](const std::string& folder) {
            return place_.view.find(folder + "/stdlib.h").has_value();
        });
        if (!headers)
            miss("there is a " + what + " and no header of the C library (stdlib.h)", debian("\"libc6-dev\""));
    }

    // gcc's own programs: <libdir>/gcc/<triple>/<version>/cc1 (GCC manual, "Directories").
    bool has_pass(const std::string& pass) const {
        for (const char* root : {"usr/lib/gcc", "usr/libexec/gcc", "usr/local/libexec/gcc", "usr/local/lib/gcc"})
            for (const std::string& triple : place_.view.names_in(root))
                for (const std::string& version : place_.view.names_in(std::string(root) + "/" + triple))
                    if (const auto node = place_.view.find(join({root, triple, version, pass}, "/"));
                        node && node->is_executable())
                        return true;
        return false;
    }

    void headers() {
        if (place_.python == nullptr) return miss("there is no Python", debian("\"python3-venv\""));
        const std::string& name = place_.python->name;
        const std::string hint = debian(name == "python3.11" ? "\"libpython3-dev\"" : "\"lib" + name + "-dev\"");
        for (const std::string& folder : include_)
            if (place_.view.find(folder + "/" + name + "/Python.h")) {
                // Debian keeps the parts that differ between machines in another file of the same package.
                if (place_.view.find(folder + "/" + name + "/pyconfig.h")) return;
                return miss("Python.h of " + name + " is there and pyconfig.h is not", hint);
            }
        const std::string& real = place_.python->interpreter.path;  // <prefix>/bin/python3.11
        const std::size_t bin = real.rfind("/bin/");
        if (bin != std::string::npos && place_.view.find(real.substr(0, bin) + "/include/" + name + "/Python.h"))
            return;
        miss("there is no Python.h of " + name, hint);
    }

    void distribution(const std::string& name) {
        const std::string wanted = normalized_project(name);
        if (place_.python == nullptr || place_.python->find(wanted) == nullptr)
            return miss("the distribution '" + wanted + "' is not installed in " +
                            (place_.python == nullptr || place_.python->root.empty() ? "the image's Python"
                                                                                     : place_.python->root),
                        "add it to the requirements of the `python` layer");
        // Triton asks ldconfig where the driver's library is.
        if (wanted == "triton" && !program("ldconfig"))
            miss("triton runs ldconfig, and there is none", debian("\"libc-bin\""));
    }

    void library(const std::string& soname) {
        const Loader loader(place_.view, place_.library_path);
        if (!kernel::is_driver_library(soname) && !loader.find_library(soname))
            miss("the dynamic linker would not find " + soname, debian("the package that brings it"));
    }

    const NeedPlace& place_;
    std::vector<std::string> folders_;
    std::vector<std::string> include_ = {"usr/local/include", "usr/include"};
    std::vector<MissingNeed> out_;
    const kernel::RuntimeNeed* need_ = nullptr;
};

}  // namespace

std::vector<MissingNeed> missing_needs(const std::vector<kernel::RuntimeNeed>& needs, const NeedPlace& place) {
    return Search(place).run(needs);
}

}  // namespace tmplbuild
