// SPDX-License-Identifier: Apache-2.0
// The config.json of one command's container (OCI runtime-spec 1.0, config.md, config-linux.md). Pure; used by the
// runc sandbox alone.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "build/sandbox.hpp"

namespace tmplbuild {

struct RuncConfig {
    std::filesystem::path root;
    std::vector<std::string> argv{};
    std::map<std::string, std::string> environment{};
    std::vector<SandboxMount> mounts{};
    bool host_network = false;
    std::optional<std::uint64_t> memory_limit{};
    std::string cgroup{};                // as linux.cgroupsPath takes it
    std::optional<int> oom_score_adj{};  // proc(5); none: as this process
};

json::object runc_config(const RuncConfig& config);

}  // namespace tmplbuild
