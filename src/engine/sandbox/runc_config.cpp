// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/runc_config.hpp"

#include <algorithm>

#include "engine/sandbox/seccomp_profile.hpp"

namespace tmplbuild {

namespace {

json::array texts(std::initializer_list<const char*> list) { return json::array(list.begin(), list.end()); }

json::object mount(const char* to, const char* type, const char* from, std::initializer_list<const char*> options) {
    return {{"destination", to}, {"type", type}, {"source", from}, {"options", texts(options)}};
}

json::array mounts_of(const RuncConfig& config) {
    json::array out{
        mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
        mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
        mount("/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}),
        mount("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777"}),
        mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
    };
    for (const SandboxMount& m : config.mounts) {
        json::array options = texts({"bind", "nosuid", "nodev"});
        if (m.read_only) options.emplace_back("ro");
        out.push_back(json::object{
            {"destination", m.to}, {"type", "bind"}, {"source", m.from.string()}, {"options", std::move(options)}});
    }
    return out;
}

// A step has the capabilities that package installs need and no more, as buildah's default has them; a pod also has the
// three that Docker's default adds: device nodes (which the devices' rule keeps closed), raw sockets, audit records.
json::object capabilities(bool is_pod, bool is_root) {
    json::array set = texts({"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID",
                             "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL"});
    if (is_pod)
        for (const char* more : {"CAP_MKNOD", "CAP_NET_RAW", "CAP_AUDIT_WRITE"}) set.emplace_back(more);
    // Another user has none, and gets those of the programs that it starts: as after execve(2), and as with Docker.
    if (!is_root) return {{"bounding", set}};
    return {{"bounding", set}, {"effective", set}, {"permitted", set}};
}

// Paths of Linux that no container sees: Docker's and buildah's lists together. runc ignores paths that do not exist.
json::array masked_paths() {
    return texts({"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                  "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/dev/block",
                  "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux"});
}

json::array read_only_paths() {
    return texts({"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
}

json::array limits(const RuncConfig& config) {
    auto limit = [](const char* kind, std::uint64_t soft, std::uint64_t hard) {
        return json::object{{"type", kind}, {"soft", soft}, {"hard", hard}};
    };
    // The limits are the same on every machine where possible, so that no step depends on the builder's. No core file
    // gets into a layer.
    json::array out{limit("RLIMIT_NOFILE", std::min<std::uint64_t>(1024, config.open_files), config.open_files)};
    if (!config.is_pod) out.push_back(limit("RLIMIT_CORE", 0, 0));
    return out;
}

json::array namespaces_of(const RuncConfig& config) {
    json::array out;
    for (const char* kind : {"pid", "ipc", "uts", "mount", "cgroup"}) out.push_back(json::object{{"type", kind}});
    if (!config.network_namespace.empty())
        out.push_back(json::object{{"type", "network"}, {"path", config.network_namespace}});
    else if (!config.host_network)
        out.push_back(json::object{{"type", "network"}});
    return out;
}

json::object resources(const RuncConfig& config) {
    json::object out{{"devices", json::array{json::object{{"allow", false}, {"access", "rwm"}}}}};
    if (config.memory_limit) out["memory"] = json::object{{"limit", *config.memory_limit}};
    if (config.process_limit) out["pids"] = json::object{{"limit", *config.process_limit}};
    return out;
}

json::object user_of(const ProcessUser& user) {
    json::object out{{"uid", user.uid}, {"gid", user.gid}, {"umask", 022}};
    if (!user.groups.empty()) out["additionalGids"] = json::array(user.groups.begin(), user.groups.end());
    return out;
}

}  // namespace

json::object runc_config(const RuncConfig& config) {
    json::array environment;
    for (const auto& [name, value] : config.environment) environment.emplace_back(name + "=" + value);
    json::object process{{"terminal", config.terminal},
                         {"user", user_of(config.user)},
                         {"args", json::array(config.argv.begin(), config.argv.end())},
                         {"env", std::move(environment)},
                         {"cwd", config.directory},
                         {"capabilities", capabilities(config.is_pod, config.user.uid == 0)},
                         {"rlimits", limits(config)},
                         {"noNewPrivileges", !config.may_gain_privileges}};
    if (config.terminal && config.rows != 0)
        process["consoleSize"] = json::object{{"height", config.rows}, {"width", config.columns}};
    if (config.oom_score_adj) process["oomScoreAdj"] = *config.oom_score_adj;
    return {{"ociVersion", "1.0.2"},
            {"process", std::move(process)},
            {"root", json::object{{"path", config.root.string()}}},
            {"hostname", config.hostname},
            {"mounts", mounts_of(config)},
            {"linux", json::object{{"namespaces", namespaces_of(config)},
                                   {"cgroupsPath", config.cgroup},
                                   {"maskedPaths", masked_paths()},
                                   {"readonlyPaths", read_only_paths()},
                                   {"seccomp", seccomp_profile(config.is_pod ? SeccompUse::pod : SeccompUse::step)},
                                   {"resources", resources(config)}}}};
}

}  // namespace tmplbuild
