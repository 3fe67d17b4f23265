// SPDX-License-Identifier: Apache-2.0
// The sandbox by runc, as root, over an overlay.
#include <linux/magic.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/text.hpp"
#include "compile/step_environment.hpp"
#include "engine/sandbox/host_loan.hpp"
#include "engine/sandbox/host_names.hpp"
#include "engine/sandbox/leftovers.hpp"
#include "engine/sandbox/memory_meter.hpp"
#include "engine/sandbox/runc_config.hpp"
#include "engine/sandbox/runc_version.hpp"
#include "engine/sandbox/sandbox.hpp"
#include "engine/sandbox/trees.hpp"
#include "io/decompress.hpp"
#include "pack/stacked_trees.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

const char* const init_inside = "/run/tmplbuild-init";
const char* const input_inside = "/run/tmplbuild-input";
const char* const secrets_inside = "/run/secrets";

// Unmounts when it ends; lazily, since an ending process may still have its directory there.
class Mount {
  public:
    static Result<Mount> tmpfs(const fs::path& at) {
        if (::mount("tmpfs", at.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
            return os_error("mount a tmpfs at", at, errno);
        return Mount(at);
    }
    explicit Mount(fs::path at) : at_(std::move(at)) {}
    Mount(Mount&& other) noexcept : at_(std::exchange(other.at_, {})) {}
    Mount& operator=(Mount&&) = delete;
    ~Mount() {
        if (!at_.empty()) ::umount2(at_.c_str(), MNT_DETACH);
    }

  private:
    fs::path at_;
};

// Makes a mount point in the bottom lower directory, which is never packed, so that runc makes none in the upper one.
Result<void> make_mount_point(const fs::path& bottom, const std::string& inside, bool is_directory) {
    const fs::path point = bottom / fs::path(inside).relative_path();
    if (is_directory) return sys::make_directories(point);
    return sys::write_file_atomic(point, "");
}

// Linux takes no overlay's files for what another one writes to.
bool is_on_overlay(const fs::path& folder) {
    struct statfs facts {};
    return ::statfs(folder.c_str(), &facts) == 0 && facts.f_type == OVERLAYFS_SUPER_MAGIC;
}

// When memory is short for a builder and its commands together, Linux should end a command first, since its step can be
// tried again. The score is only raised above our own: lowering it needs a capability.
int likely_victim() {
    const auto own = sys::read_file("/proc/self/oom_score_adj", 64);
    int score = 0;  // when it cannot be read
    if (own) (void)std::from_chars(own->data(), own->data() + own->size(), score);
    return std::min(1000, score + 500);
}

// As many as this process may permit, but no more than engines give a container.
std::uint64_t open_files() {
    rlimit own{};
    ::getrlimit(RLIMIT_NOFILE, &own);
    return std::min<std::uint64_t>(own.rlim_max, 1 << 20);
}

// far more than a compile with every core busy starts, far less than what a machine cannot bear
constexpr std::int64_t step_processes = 32'768;

// Where the files of the image that are mounted over really lie.
struct LentPlaces {
    std::string resolver, hosts;
};

struct Shared {
    const Store& store;
    io::ProcessRunner& processes;
    fs::path init;
    LayerTrees trees;
};

class RuncSession : public SandboxSession {
  public:
    RuncSession(Shared& shared, sys::TempDirectory work, std::vector<SandboxMount> mounts, LentPlaces places)
        : shared_(shared), work_(std::move(work)), mounts_(std::move(mounts)), places_(std::move(places)) {}
    ~RuncSession() override {
        if (mounted_) ::umount2(root().c_str(), MNT_DETACH);
    }
    RuncSession(const RuncSession&) = delete;
    RuncSession& operator=(const RuncSession&) = delete;

    fs::path root() const override { return work_.path() / "root"; }
    fs::path upper() const override { return work_.path() / "upper"; }
    std::optional<std::string> changed_hosts() const override {
        constexpr std::uint64_t limit = 1 << 20;
        const auto folder = sys::Beneath::open(work_.path(), sys::Outside::refused);
        const auto now = folder ? folder->read_file("hosts", limit) : Result<std::string>(folder.error());
        if (hosts_.empty() || !now || *now == hosts_) return std::nullopt;
        return *now;
    }
    bool is_below(const std::string& path) const override {
        return std::any_of(roots_.begin(), roots_.end(), [&](const sys::Beneath& lower) {
            const auto status = lower.link_status(path);
            return status && status->has_value();
        });
    }

    // The names of lower directories are short links beside the mount point, where mount(8) runs: so the options of an
    // overlay over a hundred layers fit into the one page that mount(2) takes.
    Result<void> mount(const std::vector<fs::path>& lowers) {
        // The first one is left out, since it only holds mount points.
        for (std::size_t i = 1; i < lowers.size(); ++i) {
            auto root = sys::Beneath::open(lowers[i], sys::Outside::is_root);
            if (!root) return root.error();
            roots_.push_back(std::move(*root));
        }
        for (const char* folder : {"root", "upper", "work", "l", "loan", "secrets"})
            if (auto made = sys::make_directories(work_.path() / folder); !made) return made;
        std::vector<std::string> names;
        for (std::size_t i = lowers.size(); i-- != 0;) {
            const std::string name = "l/" + std::to_string(i);
            std::error_code failed;
            fs::create_directory_symlink(lowers[i], work_.path() / name, failed);
            if (failed) return os_error("link", work_.path() / name, failed.value());
            names.push_back(name);
        }
        ::chmod(upper().c_str(), 0755);
        const io::Command command{
            .argv = {"mount", "-n", "-t", "overlay", "overlay", "-o",
                     "lowerdir=" + join(names, ":") + ",upperdir=upper,workdir=work,redirect_dir=off,metacopy=off",
                     "root"},
            .directory = work_.path()};
        auto ran = shared_.processes.run(command, {});
        if (!ran) return ran.error();
        if (auto mounted = io::checked(std::move(ran), "mounting an overlay"); !mounted) {
            Error error = mounted.error();
            error.kind = ErrorKind::machine;
            error.hint = is_on_overlay(work_.path())
                             ? "the store lies on an overlay, as a container's own files do, and overlays do not "
                               "stack: let TMPLBUILD_CACHE name a folder of a volume"
                             : "steps that run commands need root and the kernel's overlayfs";
            return error;
        }
        mounted_ = true;
        return {};
    }

    Result<io::ProcessResult> run(const SandboxCommand& command, std::stop_token stop) override {
        RuncConfig config{.root = root(), .mounts = mounts_};
        config.is_pod = command.is_entrypoint;
        config.may_gain_privileges = command.is_entrypoint || command.may_gain_privileges;
        config.open_files = open_files();
        std::vector<Mount> loans;
        if (auto lent = lend_hosts(config); !lent) return lent.error();
        if (command.is_entrypoint) {
            config.directory = command.directory;
            config.user = command.user;
            config.terminal = command.pass_terminal;
            if (winsize size{}; command.pass_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
                config.rows = size.ws_row;
                config.columns = size.ws_col;
            }
            config.network_namespace = command.network_namespace.string();
            config.mounts.push_back({command.resolver, places_.resolver});
        } else {
            if (can_limit_processes()) config.process_limit = step_processes;
            config.environment = compile::step_environment();
            if (auto lent = lend(command, config, loans); !lent) return lent.error();
            const fs::path input = work_.path() / "input";
            config.argv = {init_inside, command.directory, command.stdin_text.empty() ? "/dev/null" : input_inside};
            if (!command.stdin_text.empty()) {
                if (auto written = sys::write_file_atomic(input, command.stdin_text); !written) return written.error();
                config.mounts.push_back({input, input_inside});
            }
            config.mounts.push_back({shared_.init, init_inside});
        }
        for (const auto& [name, value] : command.environment) config.environment[name] = value;
        // Variables that engines set where neither image nor caller does; runc itself sets HOME, from the image's
        // /etc/passwd.
        if (command.is_entrypoint) config.environment.try_emplace("HOSTNAME", config.hostname);
        if (command.pass_terminal) config.environment.try_emplace("TERM", "xterm");
        config.argv.insert(config.argv.end(), command.argv.begin(), command.argv.end());
        config.host_network = command.network || command.is_entrypoint;
        config.memory_limit = command.memory_limit;
        const std::string name = new_cgroup_name();
        const StepGroup group = step_group(name);
        config.cgroup = group.for_runc;
        if (!command.is_entrypoint) config.oom_score_adj = likely_victim();
        const fs::path bundle = work_.path() / "bundle";
        if (auto written = sys::write_file_atomic(bundle / "config.json", json::canonical(runc_config(config)));
            !written)
            return written.error();
        return start(command, bundle, name, group, stop);
    }

  private:
    // The container's group stays until it is deleted (--keep), so that its counters can be read after the end.
    Result<io::ProcessResult> start(const SandboxCommand& command, const fs::path& bundle, const std::string& name,
                                    const StepGroup& group, const std::stop_token& stop) {
        const std::string state = work_.path() / "runc";
        io::Command runc{.argv = {"runc", "--root", state, "run", "--keep", "--bundle", bundle, name},
                         .hold_stdin = !command.pass_stdin && !command.pass_terminal,
                         .pass_stdin = command.pass_stdin,
                         .pass_terminal = command.pass_terminal,
                         .timeout = command.timeout,
                         .stop_grace = std::chrono::seconds(command.is_entrypoint ? 10 : 3),
                         .on_line = command.on_line};
        for (const auto& [secret, content] : command.secrets) runc.mask.hide(content);
        std::optional<MemoryWatch> watch;
        if (!command.is_entrypoint) watch.emplace(group);
        auto result = shared_.processes.run(runc, stop);
        const MemoryWatch::Use use = watch ? watch->finish() : MemoryWatch::Use{};
        if (result && use.peak != 0) result->peak_memory = use.peak;
        if (result) result->killed_for_memory = use.killed;
        if (result && result->tail_text().find("flag provided but not defined: -keep") != std::string::npos)
            return machine_error("this machine's runc is too old", "install runc 1.1 or newer, as Debian 12 has it");
        // A container whose runc was killed runs on until its pipe closes.
        (void)shared_.processes.run({.argv = {"runc", "--root", state, "delete", "--force", name}}, {});
        return result;
    }

    // Each command gets a copy of its own, which it may change as with any engine; the changes are not kept.
    Result<void> lend_hosts(RuncConfig& config) {
        const fs::path file = work_.path() / "hosts";
        hosts_ = hosts_text(config.hostname);
        if (auto written = sys::write_file_atomic(file, hosts_); !written) return written;
        config.mounts.push_back({file, places_.hosts, false});
        return {};
    }

    Result<void> lend(const SandboxCommand& command, RuncConfig& config, std::vector<Mount>& loans) {
        if (command.network) {
            const fs::path folder = work_.path() / "loan";
            auto mounted = Mount::tmpfs(folder);
            if (!mounted) return mounted.error();
            loans.push_back(std::move(*mounted));
            auto variables = lend_host_settings(folder, loan_folder);
            if (!variables) return variables.error();
            config.environment.insert(variables->begin(), variables->end());
            config.mounts.push_back({folder, loan_folder});
            config.mounts.push_back({"/etc/resolv.conf", places_.resolver});
        }
        if (!command.secrets.empty()) {
            const fs::path folder = work_.path() / "secrets";
            auto mounted = Mount::tmpfs(folder);
            if (!mounted) return mounted.error();
            loans.push_back(std::move(*mounted));
            for (const auto& [name, content] : command.secrets)
                if (auto written = sys::write_file_atomic(folder / name, content, 0400); !written) return written;
            config.mounts.push_back({folder, secrets_inside});
        }
        return {};
    }

    Shared& shared_;
    sys::TempDirectory work_;
    std::vector<SandboxMount> mounts_;
    LentPlaces places_;
    std::string hosts_;                // as the command got it
    std::vector<sys::Beneath> roots_;  // the layers below
    bool mounted_ = false;
};

class RuncSandbox : public Sandbox {
  public:
    RuncSandbox(const Store& store, io::ProcessRunner& processes, const fs::path& init)
        : shared_{store, processes, init, LayerTrees(store)} {}

    Result<std::unique_ptr<SandboxSession>> open(const std::vector<BuiltLayer>& below,
                                                 const std::vector<SandboxMount>& mounts) override {
        auto work = shared_.store.new_temp_directory("sandbox");
        if (!work) return work.error();
        auto trees = shared_.trees.trees_of(without_repeats(below));
        if (!trees) return trees.error();
        auto stack = StackedTrees::open(*trees);
        if (!stack) return stack.error();
        const LentPlaces places{real_place(*stack, "/etc/resolv.conf"), real_place(*stack, "/etc/hosts")};
        std::vector<fs::path> lowers{work->path() / "points"};
        lowers.insert(lowers.end(), trees->begin(), trees->end());
        if (auto made = make_points(lowers.front(), mounts, places); !made) return made.error();
        auto session = std::make_unique<RuncSession>(shared_, std::move(*work), mounts, places);
        if (auto mounted = session->mount(lowers); !mounted) return mounted.error();
        return std::unique_ptr<SandboxSession>(std::move(session));
    }

  private:
    static Result<void> make_points(const fs::path& bottom, const std::vector<SandboxMount>& mounts,
                                    const LentPlaces& places) {
        for (const char* folder : {"/proc", "/sys", "/dev", loan_folder, secrets_inside, "/tmp"})
            if (auto made = make_mount_point(bottom, folder, true); !made) return made;
        ::chmod((bottom / "tmp").c_str(), 01777);
        for (const std::string& file :
             {std::string(init_inside), std::string(input_inside), places.resolver, places.hosts})
            if (auto made = make_mount_point(bottom, file, false); !made) return made;
        // No service of a package may start in a step: invoke-rc.d(8) asks this file.
        if (auto written = sys::write_file_atomic(bottom / "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0755);
            !written)
            return written;
        std::error_code failed;
        for (const SandboxMount& mount : mounts)
            if (auto made = make_mount_point(bottom, mount.to, fs::is_directory(mount.from, failed)); !made)
                return made;
        return {};
    }

    Shared shared_;
};

}  // namespace

Result<io::ProcessResult> SandboxSession::run_checked(const SandboxCommand& command, std::stop_token stop,
                                                      const std::string& what) {
    return io::checked(run(command, std::move(stop)), what);
}

std::optional<std::string> sandbox_warning(io::ProcessRunner& processes) {
    const auto version = processes.run({.argv = {"runc", "--version"}}, {});
    if (!version) return std::nullopt;
    std::string changelog;
    if (auto open = io::Decompressor::open("/usr/share/doc/runc/changelog.Debian.gz", 16 << 20)) {
        std::array<std::byte, 1 << 16> piece{};
        for (auto got = open->read(piece); got && *got != 0; got = open->read(piece))
            changelog.append(reinterpret_cast<const char*>(piece.data()), *got);
    }
    return open_breakouts(version->out, changelog);
}

Result<std::unique_ptr<Sandbox>> make_sandbox(const Store& store, io::ProcessRunner& processes, const fs::path& init) {
    if (::geteuid() != 0)
        return machine_error("steps that run commands in the image need root", "run tmplbuild with sudo");
    if (!io::find_program("runc"))
        return machine_error("steps that run commands in the image need `runc`", "install the package runc");
    std::error_code failed;
    if (!fs::is_regular_file(init, failed))
        return machine_error("the program sandbox-init is missing: '" + init.string() + "'", "build the whole project");
    sweep_leftover_cgroups();
    // In a mount namespace of our own, mounts end with the last of our processes.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
        return machine_error("this machine lets root make no mount namespace: " + std::string(std::strerror(errno)),
                             "a container needs the capability SYS_ADMIN for it");
    return std::unique_ptr<Sandbox>(std::make_unique<RuncSandbox>(store, processes, init));
}

}  // namespace tmplbuild
