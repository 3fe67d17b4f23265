// SPDX-License-Identifier: Apache-2.0
#include "build/sandbox/runc_config.hpp"

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

// What package installs need and no more: the set that container engines give by default.
json::object capabilities() {
    const json::array set = texts({"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD",
                                   "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
                                   "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE"});
    return {{"bounding", set}, {"effective", set}, {"permitted", set}};
}

json::object resources(const RuncConfig& config) {
    json::object out{{"devices", json::array{json::object{{"allow", false}, {"access", "rwm"}}}}};
    if (config.memory_limit) out["memory"] = json::object{{"limit", *config.memory_limit}};
    return out;
}

}  // namespace

json::object runc_config(const RuncConfig& config) {
    json::array environment, namespaces;
    for (const auto& [name, value] : config.environment) environment.emplace_back(name + "=" + value);
    for (const char* kind : {"pid", "ipc", "uts", "mount"}) namespaces.push_back(json::object{{"type", kind}});
    if (!config.host_network) namespaces.push_back(json::object{{"type", "network"}});
    json::object process{{"terminal", false},
                         {"user", json::object{{"uid", 0}, {"gid", 0}, {"umask", 022}}},
                         {"args", json::array(config.argv.begin(), config.argv.end())},
                         {"env", std::move(environment)},
                         {"cwd", "/"},
                         {"capabilities", capabilities()},
                         {"noNewPrivileges", false}};
    if (config.oom_score_adj) process["oomScoreAdj"] = *config.oom_score_adj;
    return {{"ociVersion", "1.0.2"},
            {"process", std::move(process)},
            {"root", json::object{{"path", config.root.string()}}},
            {"hostname", "tmplbuild"},
            {"mounts", mounts_of(config)},
            {"linux", json::object{{"namespaces", std::move(namespaces)},
                                   {"cgroupsPath", config.cgroup},
                                   {"resources", resources(config)}}}};
}

}  // namespace tmplbuild
