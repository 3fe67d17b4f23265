// SPDX-License-Identifier: Apache-2.0
// /opt/tmplbuild/gateway/start: starts nginx as the gateway of a pod, by the loader and with the libraries that lie
// beside it, over any C library or none (docs/decisions/0025-the-gateway-is-nginx.md). The launcher runs it as a
// service. Gives up root's rights before: by numbers, since looking up a name would read the image's files. Static;
// reads no file.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "podspec/gateway_user.hpp"

namespace {

using tmplbuild::pod::gateway_gid, tmplbuild::pod::gateway_uid;

// For worker_connections of the configuration, each of which may have a service's connection beside it.
constexpr rlim_t wanted_files = 16384;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "gateway: cannot %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

// Whoever nginx is, it reaches the console's socket: in a folder that others may pass, and not list.
void open_way_to_console(const std::string& run_folder) {
    struct stat facts {};
    if (::stat(run_folder.c_str(), &facts) == 0 && (facts.st_mode & S_IXOTH) == 0)
        ::chmod(run_folder.c_str(), (facts.st_mode & 07777U) | S_IXOTH);
}

// nginx's own folder, which is its working directory from here on: its pid file, and names of files that it never
// writes.
void enter_own_folder(const std::string& run_folder, bool as_other) {
    const std::string folder = run_folder + "/gateway";
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail("make " + folder);
    // No link that somebody may have put there is followed.
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (opened < 0) fail("open " + folder);
    if (as_other && ::fchown(opened, gateway_uid, gateway_gid) != 0) fail("give away " + folder);
    if (::fchmod(opened, 0700) != 0) fail("close " + folder + " to others");
    if (::fchdir(opened) != 0) fail("enter " + folder);
    ::close(opened);
}

void allow_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted_files) return;
    limit.rlim_cur = std::min(limit.rlim_max, wanted_files);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool has_ipv6() {
    const int opened = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (opened < 0) return false;
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    const bool bound = ::bind(opened, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
    ::close(opened);
    return bound;
}

struct Capabilities {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> sets{};

    Capabilities() {
        if (::syscall(SYS_capget, &header, sets.data()) != 0) fail("read its capabilities");
    }
    bool has(unsigned capability) const { return (sets[0].effective & 1U << capability) != 0; }
};

// Whether this is a root that can become another user. In a container whose capabilities were all dropped it is not,
// and then it can do little as root either.
bool can_give_up_root() {
    const Capabilities own;
    return ::geteuid() == 0 && own.has(CAP_SETUID) && own.has(CAP_SETGID) && own.has(CAP_CHOWN);
}

// Nothing of root stays but the right to listen on ports below 1024, where the pod has it.
void give_up_root() {
    Capabilities rights;
    if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) fail("keep a capability");
    if (::setgroups(0, nullptr) != 0 || ::setresgid(gateway_gid, gateway_gid, gateway_gid) != 0 ||
        ::setresuid(gateway_uid, gateway_uid, gateway_uid) != 0)
        fail("become the user " + std::to_string(gateway_uid));
    const std::uint32_t kept = rights.sets[0].permitted & (1U << CAP_NET_BIND_SERVICE);
    rights.sets = {};
    rights.sets[0].permitted = rights.sets[0].effective = rights.sets[0].inheritable = kept;
    if (::syscall(SYS_capset, &rights.header, rights.sets.data()) != 0) fail("give up its capabilities");
    // Without it, ports below 1024 fail by themselves, and nginx says so.
    if (kept != 0) ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0);
}

}  // namespace

int main(int, char** argv) {
    const std::string self = argv[0] == nullptr ? "" : argv[0];
    const std::size_t slash = self.rfind('/');
    errno = ENOENT;
    if (slash == std::string::npos || slash == 0) fail("find its bundle: start it by its whole path");
    std::string bundle = self.substr(0, slash);
    const char* const given = std::getenv("TMPLBUILD_RUN_DIR");
    const bool as_other = can_give_up_root();
    ::umask(077);
    const std::string run_folder = given == nullptr || *given == '\0' ? "/run/tmplbuild" : given;
    if (as_other) open_way_to_console(run_folder);
    enter_own_folder(run_folder, as_other);
    allow_files();
    if (as_other) give_up_root();
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("refuse new rights");

    std::string loader = bundle + "/ld-linux-x86-64.so.2", program = bundle + "/nginx";
    std::string file = bundle + (has_ipv6() ? "/nginx.conf" : "/nginx-ipv4.conf");
    // The cache names libraries of the image, which belong to its C library.
    std::vector<std::string> words = {
        loader, "--inhibit-cache", "--library-path", bundle, program, "-p", "./", "-e", "stderr", "-c", file};
    // nginx gives its workers another user where it is root, which a root that cannot be another one has to be told not
    // to.
    if (::geteuid() == 0) words.insert(words.end(), {"-g", "user root root;"});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    // No variable of the pod, some of which are secrets, and some of which would lead nginx or the loader elsewhere.
    // Nor does OpenSSL read what the image configures for its own.
    std::string no_openssl_file = "OPENSSL_CONF=/dev/null";
    // What nginx needs only to read its configuration goes back to the kernel, and stays in no heap: 1.6 MB less.
    std::string big_blocks_apart = "MALLOC_MMAP_THRESHOLD_=131072";
    char* environment[] = {no_openssl_file.data(), big_blocks_apart.data(), nullptr};
    ::execve(loader.c_str(), arguments.data(), environment);
    fail("start " + loader);
}
