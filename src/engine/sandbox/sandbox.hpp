// SPDX-License-Identifier: Apache-2.0
// Commands run over stacked layers, changes caught in an upper directory. Steps that need a program of the image use
// it (apt, run, bytecode, kernels). One rung stands today: runc as root over an overlay; others come behind the same
// interface. A command sees, calls and may use up what docs/security.md says and no more. What the host lends (CA
// bundle, resolver, index settings) is visible to commands with network only, through a tmpfs at /run/tmplbuild and
// variables, and leaves nothing behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
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

// Who a process runs as, in numbers.
struct ProcessUser {
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::uint32_t> groups{};  // the supplementary ones
};

struct SandboxCommand {
    std::vector<std::string> argv;
    std::map<std::string, std::string>
        environment{};  // on top of the fixed one (PATH, HOME, LC_ALL=C.UTF-8, TZ=UTC, …)
    std::string directory = "/";
    bool network = false;                          // the host's network, and what it lends
    std::map<std::string, std::string> secrets{};  // name → content, files under /run/secrets for this command alone;
                                                   // no line of its output and no error shows one
    std::function<void(std::string_view line)> on_line{};
    std::optional<std::uint64_t> memory_limit{};  // bytes
    std::optional<std::chrono::seconds> timeout{};
    std::string stdin_text{};  // empty: /dev/null
    // The command is an image's entrypoint: PID 1 itself, with `environment` and nothing else, on the host's network
    // with its resolver. A stop gives it ten seconds, as platforms do.
    bool is_entrypoint = false;
    // Programs with the setuid bit and with file capabilities get what they ask for, as a user's own commands expect
    // (sudo from another user). A command of ours needs none of it.
    bool may_gain_privileges = false;
    ProcessUser user{};  // an entrypoint's; every other command is root's
    // For an entrypoint: this process's standard input goes to it, or its whole terminal, of which the container gets
    // one of its own; the network namespace that it joins, and the resolver's file there. Without one: the host's.
    bool pass_stdin = false, pass_terminal = false;
    std::filesystem::path network_namespace{}, resolver = "/etc/resolv.conf";
};

// Stacked layers with one upper directory; lives for one step. Ending it unmounts and removes everything.
class SandboxSession {
  public:
    virtual ~SandboxSession() = default;
    // As ProcessRunner::run; peak_memory is of all its processes together. What the command left running is killed.
    virtual Result<io::ProcessResult> run(const SandboxCommand& command, std::stop_token stop) = 0;
    // As ProcessRunner::run_checked.
    Result<io::ProcessResult> run_checked(const SandboxCommand& command, std::stop_token stop, const std::string& what);
    virtual std::filesystem::path root() const = 0;   // the merged view on this machine, to read from
    virtual std::filesystem::path upper() const = 0;  // what the commands changed, overlay conventions
    // What a command left in the /etc/hosts that it was lent, where it changed it: that file is in no layer.
    virtual std::optional<std::string> changed_hosts() const { return std::nullopt; }
    // Whether the layers below have something at a path (no leading slash): only then did a change replace it.
    virtual bool is_below(const std::string&) const { return true; }
};

class Sandbox {
  public:
    virtual ~Sandbox() = default;
    // `below`: bottom first, blobs in the store, each unpacked once into a lower directory of its own. Thread-safe.
    virtual Result<std::unique_ptr<SandboxSession>> open(const std::vector<BuiltLayer>& below,
                                                         const std::vector<SandboxMount>& mounts) = 0;
};

// The first rung that works here, or a machine_error that says what it would need. Takes this process into a mount
// namespace of its own, so that a builder that is killed leaves no mount behind: call it before starting threads that
// open sessions. `init`: the program sandbox-init.
Result<std::unique_ptr<Sandbox>> make_sandbox(const Store& store, io::ProcessRunner& processes,
                                              const std::filesystem::path& init);

// What is known to be open in the program that stands between the commands and this machine: one sentence, to be told
// once a build. Nothing when nothing is known.
std::optional<std::string> sandbox_warning(io::ProcessRunner& processes);

}  // namespace tmplbuild
