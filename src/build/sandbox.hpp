// SPDX-License-Identifier: Apache-2.0
// Commands run over stacked layers, changes caught in an upper directory. Steps that need a program of the image use
// it (base contract, apt, run, bytecode, kernels). One rung stands today: runc as root over an overlay; the others
// (user namespace, chroot) come behind the same interface. What the host lends (CA bundle, resolver, index settings)
// is visible to steps with network only, through a tmpfs at /run/tmplbuild and variables, and leaves nothing behind.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/process.hpp"
#include "store/built_layer.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct SandboxMount {
    std::filesystem::path from;  // on this machine
    std::string to;              // absolute, inside; made as an empty mount point that is never packed
    bool read_only = true;
};

struct SandboxCommand {
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment{};  // on top of the fixed one (PATH, HOME, LANG=C.UTF-8, TZ=UTC, …)
    std::string directory = "/";
    bool network = false;
    std::map<std::string, std::string> secrets{};  // name → content, files under /run/secrets for this command alone
    std::function<void(std::string_view line)> on_line{};
    std::optional<std::uint64_t> memory_limit{};  // bytes
    std::optional<std::chrono::seconds> timeout{};
    std::string stdin_text{};
};

// Stacked layers with one upper directory; lives for one step. Ending it unmounts and removes everything.
class SandboxSession {
  public:
    virtual ~SandboxSession() = default;
    virtual Result<io::ProcessResult> run(const SandboxCommand& command, std::stop_token stop) = 0;
    virtual std::filesystem::path root() const = 0;   // the merged view on this machine, to read from
    virtual std::filesystem::path upper() const = 0;  // what the commands changed, overlay conventions
};

class Sandbox {
  public:
    virtual ~Sandbox() = default;
    // `below`: bottom first, blobs in the store, each unpacked once into a lower directory of its own. Thread-safe.
    virtual Result<std::unique_ptr<SandboxSession>> open(const std::vector<BuiltLayer>& below,
                                                         const std::vector<SandboxMount>& mounts) = 0;
    // A bare root file system on disk as the only lower directory (a base that is being made).
    virtual Result<std::unique_ptr<SandboxSession>> open_tree(const std::filesystem::path& tree,
                                                              const std::vector<SandboxMount>& mounts) = 0;
};

// The first rung that works here, or a machine_error that says what the nearest one would need.
Result<std::unique_ptr<Sandbox>> make_sandbox(const Store& store, io::ProcessRunner& processes);

}  // namespace tmplbuild
