// SPDX-License-Identifier: Apache-2.0
#include "engine/machine_report.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/text.hpp"
#include "engine/machine_budget.hpp"
#include "engine/sandbox/sandbox.hpp"
#include "io/certificates.hpp"
#include "kernel/version.hpp"
#include "resolve/apt.hpp"
#include "resolve/uv.hpp"
#include "resolve/uv_words.hpp"
#include "sys/beneath.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

using State = MachineFinding::State;

constexpr std::uint64_t small_disk = 20'000'000'000;   // bytes: an image with torch takes about as much
constexpr std::uint64_t small_memory = 4'000'000'000;  // bytes: one nvcc of a large kernel takes that
constexpr const char* commands_in_images = "`run` and `apt` steps, kernels, sdists";

MachineFinding of_error(std::string what, const Error& error, std::string serves, std::string fix) {
    return {State::missing, std::move(what), error.message, std::move(serves),
            fix.empty() ? error.hint : std::move(fix)};
}

std::string first_line(const std::string& text) { return std::string(trim(text.substr(0, text.find('\n')))); }

// A program by its version. Debian's package brings it.
MachineFinding tool(io::ProcessRunner& processes, const std::string& program, const std::string& package,
                    const std::string& serves) {
    const auto found = io::find_program(program);
    if (!found) return {State::missing, program, "it is not on this machine", serves, "apt-get install " + package};
    const auto said = processes.run({.argv = {found->string(), "--version"}}, {});
    std::string version = said && said->exit_code == 0 ? first_line(said->out) : "";
    return {State::good, program, version.empty() ? found->string() : version, serves, ""};
}

MachineFinding linux_kernel() {
    const std::string serves = "everything";
    const auto root = sys::Beneath::open("/", sys::Outside::is_root);
    if (!root || !root->is_folder(""))
        return {State::missing, "Linux", "the kernel has no openat2", serves, "a kernel of 5.6 or newer"};
    const auto release = sys::read_file("/proc/sys/kernel/osrelease", 256);
    return {State::good, "Linux", release ? std::string(trim(*release)) : "new enough", serves, ""};
}

MachineFinding root_user() {
    const std::string serves = "a `debian` base, " + std::string(commands_in_images) + ", `run`";
    if (::geteuid() == 0) return {State::good, "root", "this is root", serves, ""};
    return {State::missing, "root", "this is user " + std::to_string(::geteuid()), serves, "sudo tmplbuild …"};
}

// A layer's mounts live in a mount namespace of the builder's own. Tried on a thread that ends with it.
MachineFinding overlays(const Store& store) {
    MachineFinding out{State::good, "overlay mounts", "they can be made", commands_in_images, ""};
    const auto refuse = [&](const std::string& what, int why) {
        out.state = State::missing;
        out.detail = what + ": " + std::strerror(why);
        out.fix =
            "in a container: start it with the capability SYS_ADMIN, and keep the store on a real file system "
            "(TMPLBUILD_CACHE), since an overlay cannot lie on an overlay";
    };
    const auto folder = store.new_temp_directory("doctor");
    if (!folder) {
        refuse("no folder for a trial in the store", folder.error().os_code);
        return out;
    }
    for (const char* name : {"lower", "upper", "work", "root"}) {
        std::error_code failed;
        fs::create_directory(folder->path() / name, failed);
    }
    const std::string at = folder->path().string();
    const std::string options = "lowerdir=" + at + "/lower,upperdir=" + at + "/upper,workdir=" + at + "/work";
    std::thread([&] {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
            return refuse("no mount namespace can be made", errno);
        if (::mount("overlay", (at + "/root").c_str(), "overlay", 0, options.c_str()) != 0)
            return refuse("no overlay can be mounted in the store", errno);
        ::umount((at + "/root").c_str());
    }).join();
    return out;
}

MachineFinding runc(io::ProcessRunner& processes) {
    MachineFinding out = tool(processes, "runc", "runc", commands_in_images);
    if (out.state == State::missing) return out;
    // "runc version 1.1.5+ds1"
    const std::string version = out.detail.substr(out.detail.rfind(' ') + 1);
    const auto number = kernel::Version::parse(version.substr(0, version.find_first_not_of("0123456789.")));
    if (number && *number < kernel::Version{1, 1, 0})
        return {State::missing, out.what, out.detail + " is too old: builds need 1.1", out.serves,
                "a runc of 1.1 or newer, as Debian 12 has it"};
    if (const auto warning = sandbox_warning(processes)) {
        out.state = State::weak;
        out.detail += "; " + *warning;
        out.fix = "apt-get install --only-upgrade runc, or runc 1.2.8 or newer";
    }
    return out;
}

MachineFinding our_programs(const Result<void>& own) {
    if (own) return {State::good, "own programs", "those that go into images are there", "everything", ""};
    return of_error("own programs", own.error(), "everything", "");
}

MachineFinding apt_sources(const ResolveContext& context) {
    const std::string serves = "a `debian` base";
    ResolveContext asked = context;
    const auto there = check_apt_origin({.suite = "bookworm", .base = {}}, asked);
    if (there) return {State::good, "apt sources", "Debian's archive is among them", serves, ""};
    return of_error("apt sources", there.error(), serves, "");
}

MachineFinding uv(io::ProcessRunner& processes) {
    const std::string serves = "`python` layers, kernels";
    const auto program = find_uv();
    if (!program) return of_error("uv", program.error(), serves, "");
    const auto said = processes.run({.argv = {program->string(), "--version"}}, {});
    const std::string version = said ? first_line(said->out) : "";
    if (!is_new_enough_uv(version))
        return {State::missing, "uv", "it says '" + version + "', which is too old", serves,
                "pip install --upgrade uv"};
    return {State::good, "uv", version, serves, ""};
}

MachineFinding certificates() {
    const std::string serves = "https: registries, indexes, `fetch`";
    const fs::path file = io::default_certificates();
    if (!file.empty()) return {State::good, "certificates", file.string(), serves, ""};
    return {State::missing, "certificates", "there is no bundle of certificate authorities", serves,
            "apt-get install ca-certificates, or name one in SSL_CERT_FILE"};
}

MachineFinding room(const Store& store) {
    const std::string serves = "all that is built";
    const auto free = sys::free_bytes(store.root());
    if (!free) return of_error("store", free.error(), serves, "");
    MachineFinding out{State::good, "store", store.root().string() + ", " + human_bytes(*free) + " free", serves, ""};
    if (*free < small_disk) {
        out.state = State::weak;
        out.detail += ": too little for an image with torch";
        out.fix = "tmplbuild cache gc --keep 14d --yes, or TMPLBUILD_CACHE on a larger disk";
    }
    return out;
}

MachineFinding limits() {
    const MachineLimits all = machine_limits();
    MachineFinding out{State::good, "processors and memory",
                       std::to_string(all.cores) + " and " + human_bytes(all.memory) + ", within the cgroup's limits",
                       "how much is compiled at once", ""};
    if (all.memory != 0 && all.memory < small_memory) {
        out.state = State::weak;
        out.detail += ": a large kernel may be killed for memory";
        out.fix = "a machine, or a limit, of 8 GB or more";
    }
    return out;
}

}  // namespace

MachineFinding no_store(const Error& why) {
    return of_error("store", why, "everything", "set TMPLBUILD_CACHE to a folder that this user may write to");
}

std::vector<MachineFinding> look_at_machine(const Result<void>& own_programs, const ResolveContext& context) {
    io::ProcessRunner& processes = context.processes;
    return {linux_kernel(),
            our_programs(own_programs),
            root_user(),
            runc(processes),
            overlays(context.store),
            tool(processes, "mmdebstrap", "mmdebstrap", "a `debian` base"),
            tool(processes, "apt-get", "apt", "a `debian` base, `apt` layers"),
            tool(processes, "dpkg-deb", "dpkg", "a `debian` base, `apt` layers"),
            tool(processes, "unshare", "util-linux", "a `debian` base"),
            tool(processes, "setpriv", "util-linux", "a `debian` base"),
            apt_sources(context),
            uv(processes),
            tool(processes, "python3", "python3", "`python` layers: uv asks it"),
            tool(processes, "git", "git", "`git` layers, kernels from a repository"),
            certificates(),
            room(context.store),
            limits(),
            tool(processes, "slirp4netns", "slirp4netns", "`run` with a network of its own")};
}

}  // namespace tmplbuild
