// SPDX-License-Identifier: Apache-2.0
// Runs commands over stacked layers and collects their changes in an upper directory. Used by all steps that need a
// program of the image (apt, run, bytecode, kernels). There is one implementation: runc as root over an overlay; others
// can be added behind the same interface. A command may see, call and use what docs/security.md says and no more. What
// the host lends (CA bundle, resolver, index settings) is visible to commands with network only, through a tmpfs at
// /run/tmplbuild and variables, and leaves nothing behind.
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
    std::string to;              // absolute, inside; an empty mount point is made for it and never packed
    bool read_only = true;
};

// The user of a process, in numbers.
struct ProcessUser {
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::uint32_t> groups{};  // the supplementary ones
};

struct SandboxCommand {
    std::vector<std::string> argv;
    std::map<std::string, std::string>
        environment{};  // on top of the fixed one (PATH, HOME, LC_ALL=C.UTF-8, TZ=UTC, …)
    std::string directory = "/";
    bool network = false;                          // the host's network, and the settings that it lends
    std::map<std::string, std::string> secrets{};  // name → content, files under /run/secrets for this command alone;
                                                   // no line of its output and no error shows one
    std::function<void(std::string_view line)> on_line{};
    std::optional<std::uint64_t> memory_limit{};  // bytes
    std::optional<std::chrono::seconds> timeout{};
    std::string stdin_text{};  // empty: /dev/null
    // The command is an image's entrypoint: PID 1 itself, with `environment` and nothing else, on the host's network
    // with its resolver. After a stop it gets ten seconds, as on platforms.
    bool is_entrypoint = false;
    // Programs with the setuid bit or file capabilities get their rights, as a user's own commands expect (sudo from
    // another user). Our own commands never need that.
    bool may_gain_privileges = false;
    ProcessUser user{};  // of an entrypoint; every other command runs as root
    // For an entrypoint: it gets this process's standard input, or its whole terminal, of which the container gets one
    // of its own; the network namespace that it joins, and the resolver's file there (empty: the host's).
    bool pass_stdin = false, pass_terminal = false;
    std::filesystem::path network_namespace{}, resolver = "/etc/resolv.conf";
};

// Stacked layers with one upper directory, for one step. Its end unmounts and removes everything.
class SandboxSession {
  public:
    virtual ~SandboxSession() = default;
    // As ProcessRunner::run; peak_memory is that of all its processes together. Processes that the command left are
    // killed.
    virtual Result<io::ProcessResult> run(const SandboxCommand& command, std::stop_token stop) = 0;
    // As ProcessRunner::run_checked.
    Result<io::ProcessResult> run_checked(const SandboxCommand& command, std::stop_token stop, const std::string& what);
    virtual std::filesystem::path root() const = 0;   // the merged view on this machine, for reading
    virtual std::filesystem::path upper() const = 0;  // what the commands changed, in the form of overlayfs
    // The text of the /etc/hosts that a command was lent, if it changed that; the file is in no layer.
    virtual std::optional<std::string> changed_hosts() const { return std::nullopt; }
    // Whether the layers below have something at a path (no leading slash): only then did a change replace it.
    virtual bool is_below(const std::string&) const { return true; }
};

class Sandbox {
  public:
    virtual ~Sandbox() = default;
    // `below`: bottom first, blobs in the store; each is unpacked once into a lower directory of its own. Thread-safe.
    virtual Result<std::unique_ptr<SandboxSession>> open(const std::vector<BuiltLayer>& below,
                                                         const std::vector<SandboxMount>& mounts) = 0;
};

// The first implementation that works here, or a machine_error that says what one would need. Puts this process into a
// mount namespace of its own, so that a killed builder leaves no mount behind: to be called before any thread that
// opens sessions starts. `init`: the program sandbox-init.
Result<std::unique_ptr<Sandbox>> make_sandbox(const Store& store, io::ProcessRunner& processes,
                                              const std::filesystem::path& init);

// The known weakness of the program that separates the commands from this machine: one sentence, to be reported once in
// a build. None when no weakness is known.
std::optional<std::string> sandbox_warning(io::ProcessRunner& processes);

}  // namespace tmplbuild
