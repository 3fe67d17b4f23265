// SPDX-License-Identifier: Apache-2.0
// Makes the config.json of one command's container (OCI runtime-spec 1.0, config.md, config-linux.md): what the command
// may see, call and use. As strict as Docker's and buildah's defaults (docs/security.md has the table). Used by the
// runc sandbox. Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/sandbox/sandbox.hpp"

namespace tmplbuild {

struct RuncConfig {
    std::filesystem::path root;
    std::vector<std::string> argv{};
    std::map<std::string, std::string> environment{};
    std::vector<SandboxMount> mounts{};
    std::string directory = "/";  // where the first process starts; it is made when the image lacks it
    std::string hostname = "tmplbuild";
    ProcessUser user{};
    // A pod as Docker runs one: with its capabilities, and tracing among its own processes. Otherwise a build step,
    // with less.
    bool is_pod = false;
    // Whether setuid programs and file capabilities have their effect. If not: PR_SET_NO_NEW_PRIVS.
    bool may_gain_privileges = false;
    // With a terminal: its size at the start, since runc would pass on the first size too late.
    unsigned rows = 0, columns = 0;
    bool terminal = false;  // runc makes a terminal, and connects it with its own
    bool host_network = false;
    std::string network_namespace{};  // the path of one that is joined; empty and not host_network: a new one
    std::optional<std::uint64_t> memory_limit{};  // bytes
    std::optional<std::int64_t> process_limit{};  // processes and threads; needs the controller "pids"
    std::uint64_t open_files = 1024;              // the hard limit; the soft one is 1024 at most
    std::string cgroup{};                         // in the form of linux.cgroupsPath
    std::optional<int> oom_score_adj{};           // proc(5); none: this process's own
};

json::object runc_config(const RuncConfig& config);

}  // namespace tmplbuild
