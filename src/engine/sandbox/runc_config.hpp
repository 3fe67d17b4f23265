// SPDX-License-Identifier: Apache-2.0
// The config.json of one command's container (OCI runtime-spec 1.0, config.md, config-linux.md): what it may see, call
// and use up. As strict as Docker's and buildah's defaults (docs/security.md has the table). Pure; used by the runc
// sandbox alone.
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
    std::string directory = "/";  // where the first process starts; made when the image has none
    std::string hostname = "tmplbuild";
    ProcessUser user{};
    // A pod as Docker runs one: its capabilities, tracing among its own processes. Else a build step, with less.
    bool is_pod = false;
    // setuid programs and file capabilities count. Without: PR_SET_NO_NEW_PRIVS.
    bool may_gain_privileges = false;
    // With a terminal: its size from the first moment on; runc tells the changes alone in time.
    unsigned rows = 0, columns = 0;
    bool terminal = false;  // runc makes one, and passes on what its own shows and is told
    bool host_network = false;
    std::string network_namespace{};              // a path: that one is joined; empty and not host_network: a new one
    std::optional<std::uint64_t> memory_limit{};  // bytes
    std::optional<std::int64_t> process_limit{};  // processes and threads; needs the controller "pids"
    std::uint64_t open_files = 1024;              // the hard limit; the soft one is 1024 at most
    std::string cgroup{};                         // as linux.cgroupsPath takes it
    std::optional<int> oom_score_adj{};           // proc(5); none: as this process
};

json::object runc_config(const RuncConfig& config);

}  // namespace tmplbuild
