// SPDX-License-Identifier: Apache-2.0
// bin/tmplbuild of a release: starts lib/tmplbuild by the loader and with the libraries that lie beside it, so that the
// builder runs over any C library, or none (docs/decisions/0023-a-release-brings-its-own-loader.md). Static. Sets no
// variable, since whatever the builder starts would get it.
#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

// Where this file lies, links resolved; empty when nothing tells.
std::string own_path() {
    std::string path(PATH_MAX, '\0');
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length > 0) return path.substr(0, static_cast<std::size_t>(length));
    // A root without /proc, such as a bare chroot.
    const char* const started_as = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
    if (started_as == nullptr || ::realpath(started_as, path.data()) == nullptr) return {};
    return path.c_str();
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string own = own_path();
    const std::string library = parent_of(parent_of(own)) + "/lib";
    // The loader reads the folder as a list.
    if (library.find_first_of(":;") != std::string::npos) {
        std::fprintf(
            stderr,
            "error: tmplbuild cannot start from '%s': its loader takes ':' and ';' in a path as the end of it\n"
            "  move the whole release to a folder without them\n",
            library.c_str());
        return 3;
    }
    std::string loader = library + "/ld-linux-x86-64.so.2", program = library + "/tmplbuild";
    // The loader's own arguments, so that LD_LIBRARY_PATH stays what it is for the programs that the builder starts.
    // The cache names libraries of this machine, which belong to its C library.
    std::string cache = "--inhibit-cache", path = "--library-path", folder = library;
    std::vector<char*> arguments = {loader.data(), cache.data(), path.data(), folder.data(), program.data()};
    for (int at = 1; at < argc; ++at) arguments.push_back(argv[at]);
    arguments.push_back(nullptr);
    // So do libraries that somebody preloads or audits with.
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("LD_AUDIT");
    ::execv(loader.c_str(), arguments.data());
    std::fprintf(
        stderr,
        "error: cannot start '%s': %s\n  unpack the whole release: %s needs lib/, libexec/ and share/ beside bin/\n",
        loader.c_str(), std::strerror(errno), own.empty() ? "tmplbuild" : own.c_str());
    return 3;
}
