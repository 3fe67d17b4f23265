// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/runc_config.hpp"

#include <set>
#include <string>

#include "engine/sandbox/host_names.hpp"
#include "engine/sandbox/trees.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

std::set<std::string> texts(const json::value& list) {
    std::set<std::string> out;
    for (const json::value& entry : list.as_array()) out.insert(std::string(entry.as_string()));
    return out;
}

// What the profile does with a call made without looking at arguments: "allow", "arguments", "ENOSYS" or "EPERM".
std::string verdict(const json::object& config, const std::string& call) {
    const json::object& seccomp = config.at("linux").at("seccomp").as_object();
    REQUIRE(seccomp.at("defaultAction").as_string() == "SCMP_ACT_ERRNO");
    REQUIRE(seccomp.at("defaultErrnoRet").as_int64() == 1);
    for (const json::value& rule : seccomp.at("syscalls").as_array()) {
        if (!texts(rule.at("names")).contains(call)) continue;
        if (rule.at("action").as_string() == "SCMP_ACT_ALLOW")
            return rule.as_object().contains("args") ? "arguments" : "allow";
        return rule.at("errnoRet").as_int64() == 38 ? "ENOSYS" : "another error";
    }
    return "EPERM";
}

std::set<std::string> capabilities(const json::object& config, const char* set = "bounding") {
    return texts(config.at("process").at("capabilities").at(set));
}

RuncConfig step() { return {.root = "/r", .argv = {"true"}, .cgroup = "g"}; }
RuncConfig pod() {
    RuncConfig out = step();
    out.is_pod = true;
    out.may_gain_privileges = true;
    return out;
}

}  // namespace

TEST_CASE("a command sees nothing of the kernel that engines hide, and changes nothing") {
    for (const RuncConfig& kind : {step(), pod()}) {
        const json::object config = runc_config(kind);
        const json::object& linux_part = config.at("linux").as_object();
        const auto masked = texts(linux_part.at("maskedPaths")), fixed = texts(linux_part.at("readonlyPaths"));
        for (const char* path : {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/sys/firmware",
                                 "/proc/acpi", "/proc/scsi", "/sys/devices/virtual/powercap"})
            CHECK(masked.contains(path));
        for (const char* path : {"/proc/sys", "/proc/sysrq-trigger", "/proc/bus", "/proc/fs", "/proc/irq"})
            CHECK(fixed.contains(path));
        for (const json::value& mount : config.at("mounts").as_array())
            if (mount.at("destination").as_string() == "/sys") CHECK(texts(mount.at("options")).contains("ro"));
        std::set<std::string> namespaces;
        for (const json::value& one : linux_part.at("namespaces").as_array())
            namespaces.insert(std::string(one.at("type").as_string()));
        CHECK(namespaces == std::set<std::string>{"pid", "ipc", "uts", "mount", "cgroup", "network"});
    }
}

TEST_CASE("the system calls of a command are those of Docker's default profile") {
    const json::object config = runc_config(step());
    for (const char* call : {"mount",
                             "umount2",
                             "move_mount",
                             "open_tree",
                             "fsopen",
                             "pivot_root",
                             "unshare",
                             "setns",
                             "bpf",
                             "keyctl",
                             "add_key",
                             "request_key",
                             "userfaultfd",
                             "io_uring_setup",
                             "io_uring_enter",
                             "io_uring_register",
                             "perf_event_open",
                             "ptrace",
                             "process_vm_writev",
                             "pidfd_getfd",
                             "kcmp",
                             "kexec_load",
                             "init_module",
                             "finit_module",
                             "delete_module",
                             "open_by_handle_at",
                             "reboot",
                             "swapon",
                             "settimeofday",
                             "clock_settime",
                             "iopl",
                             "ioperm",
                             "quotactl",
                             "acct",
                             "syslog",
                             "sethostname",
                             "fanotify_init",
                             "vhangup",
                             "mbind"})
        CHECK(std::string(call) + ": " + verdict(config, call) == std::string(call) + ": EPERM");
    CHECK(verdict(config, "clone3") == "ENOSYS");
    for (const char* call : {"clone", "socket", "personality"}) CHECK(verdict(config, call) == "arguments");
    for (const char* call : {"openat", "openat2", "execve", "chroot", "setuid", "chown", "setxattr", "futex",
                             "renameat2", "statx", "rseq", "mknod", "landlock_create_ruleset", "copy_file_range"})
        CHECK(std::string(call) + ": " + verdict(config, call) == std::string(call) + ": allow");
    // A debugger in a pod looks at the pod's own processes, as under Docker.
    CHECK(verdict(runc_config(pod()), "ptrace") == "allow");
    CHECK(verdict(runc_config(pod()), "keyctl") == "EPERM");
}

TEST_CASE("no namespace is made by clone, and only sockets of the usual families") {
    const json::object config = runc_config(step());
    std::set<std::uint64_t> families;
    for (const json::value& rule : config.at("linux").at("seccomp").at("syscalls").as_array()) {
        const auto names = texts(rule.at("names"));
        if (names.contains("clone")) {
            const json::object& argument = rule.at("args").as_array().at(0).as_object();
            CHECK(argument.at("op").as_string() == "SCMP_CMP_MASKED_EQ");
            CHECK(argument.at("value").to_number<std::uint64_t>() == 0x7e020000);  // moby's mask
        }
        if (names.contains("socket"))
            families.insert(rule.at("args").as_array().at(0).at("value").to_number<std::uint64_t>());
    }
    CHECK(families == std::set<std::uint64_t>{1, 2, 10, 16});  // unix, inet, inet6, netlink; not alg, not vsock
}

TEST_CASE("a step has the capabilities that package installs need, a pod Docker's") {
    const auto of_a_step = capabilities(runc_config(step()));
    CHECK(of_a_step == std::set<std::string>{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_SETGID",
                                             "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
                                             "CAP_SYS_CHROOT", "CAP_KILL"});
    CHECK(capabilities(runc_config(step()), "effective") == of_a_step);
    auto of_a_pod = of_a_step;
    of_a_pod.insert({"CAP_MKNOD", "CAP_NET_RAW", "CAP_AUDIT_WRITE"});
    CHECK(capabilities(runc_config(pod())) == of_a_pod);
    CHECK(runc_config(step()).at("process").at("noNewPrivileges").as_bool());
    CHECK_FALSE(runc_config(pod()).at("process").at("noNewPrivileges").as_bool());
}

TEST_CASE("another user than root has the groups of its own and no capability from the start") {
    RuncConfig config = pod();
    CHECK(json::canonical(runc_config(config).at("process").at("user")) == R"({"gid":0,"uid":0,"umask":18})");
    config.user = {1000, 1001, {1001, 44}};
    const json::object made = runc_config(config);
    CHECK(json::canonical(made.at("process").at("user")) ==
          R"({"additionalGids":[1001,44],"gid":1001,"uid":1000,"umask":18})");
    const json::object& rights = made.at("process").at("capabilities").as_object();
    CHECK_FALSE(rights.contains("effective"));
    CHECK_FALSE(rights.contains("permitted"));
    CHECK(capabilities(made).contains("CAP_MKNOD"));
}

TEST_CASE("a command's limits do not depend on the builder's") {
    RuncConfig config = step();
    config.open_files = 4096;
    config.process_limit = 100;
    const json::object made = runc_config(config);
    CHECK(json::canonical(made.at("process").at("rlimits")) ==
          R"([{"hard":4096,"soft":1024,"type":"RLIMIT_NOFILE"},{"hard":0,"soft":0,"type":"RLIMIT_CORE"}])");
    CHECK(made.at("linux").at("resources").at("pids").at("limit").as_int64() == 100);
}

TEST_CASE("a terminal has its size from the first moment on") {
    RuncConfig config = pod();
    config.rows = 33;
    config.columns = 101;
    CHECK_FALSE(runc_config(config).at("process").as_object().contains("consoleSize"));
    config.terminal = true;
    CHECK(json::canonical(runc_config(config).at("process").at("consoleSize")) == R"({"height":33,"width":101})");
}

TEST_CASE("a network is a new one, the host's, or one that is named") {
    auto network = [](const RuncConfig& config) {
        const json::object made = runc_config(config);
        for (const json::value& one : made.at("linux").at("namespaces").as_array())
            if (one.at("type").as_string() == "network") return json::canonical(one);
        return std::string("host's");
    };
    RuncConfig config = step();
    CHECK(network(config) == R"({"type":"network"})");
    config.network_namespace = "/n";
    CHECK(network(config) == R"({"path":"/n","type":"network"})");
    config = step();
    config.host_network = true;
    CHECK(network(config) == "host's");
}

TEST_CASE("a container resolves localhost and its own name") {
    const std::string text = hosts_text("box");
    CHECK(text.find("127.0.0.1\tlocalhost\n") != std::string::npos);
    CHECK(text.find("::1\tlocalhost ip6-localhost ip6-loopback\n") != std::string::npos);
    CHECK(text.find("\tbox\n") != std::string::npos);
}

TEST_CASE("a lent file is mounted where the image's link leads, inside") {
    namespace fs = std::filesystem;
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "names-test-").value();
    const fs::path below = folder.path() / "a", above = folder.path() / "b";
    fs::create_directories(below / "etc");
    fs::create_directories(above / "etc");
    const auto place = [&](const std::vector<fs::path>& trees, const char* path = "/etc/hosts") {
        return real_place(StackedTrees::open(trees).value(), path);
    };
    CHECK(place({below, above}) == "/etc/hosts");
    fs::create_symlink("../run/hosts", below / "etc/hosts");
    CHECK(place({below, above}) == "/run/hosts");
    fs::create_symlink("/../../out", above / "etc/hosts");
    CHECK(place({below, above}) == "/out");
    fs::remove(above / "etc/hosts");
    REQUIRE(sys::write_file_atomic(above / "etc/hosts", "x"));
    CHECK(place({below, above}) == "/etc/hosts");
    fs::create_symlink("self", above / "etc/self");
    CHECK(place({below, above}, "/etc/self") == "/etc/self");
    // A folder that is a link leads into the image, never to this machine's.
    fs::remove_all(above / "etc");
    fs::create_symlink("/../usr/etc", above / "etc");
    CHECK(place({below, above}) == "/usr/etc/hosts");
}

TEST_CASE("a layer that stands many times counts where it stands topmost") {
    auto layer = [](const char* name) {
        BuiltLayer out;
        out.diff_id = Sha256::of(std::string_view(name));
        return out;
    };
    const BuiltLayer a = layer("a"), b = layer("b"), c = layer("c");
    std::vector<Digest> ids;
    for (const BuiltLayer& one : without_repeats({a, b, a, c, b})) ids.push_back(one.diff_id);
    CHECK(ids == std::vector<Digest>{a.diff_id, c.diff_id, b.diff_id});
}
