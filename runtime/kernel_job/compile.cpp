// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/compile.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/text.hpp"
#include "compile/recipe.hpp"
#include "kernel/arch.hpp"
#include "kernel_job/command.hpp"
#include "kernel_job/depot.hpp"
#include "kernel_job/lease.hpp"
#include "kernel_job/memory.hpp"
#include "kernel_job/prove.hpp"
#include "kernel_job/report.hpp"
#include "kernel_job/source.hpp"
#include "kernel_job/toolchain.hpp"
#include "sys/file.hpp"

namespace tmplbuild::job {

namespace {

// ioprio_set(2): class "idle" for this process and what it starts; glibc has no wrapper.
constexpr int ioprio_who_process = 1, ioprio_idle = 3 << 13;

void step_back() {
    (void)::setpriority(PRIO_PROCESS, 0, 19);
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);
    ::syscall(SYS_ioprio_set, ioprio_who_process, 0, ioprio_idle);
    // When memory runs out, Linux then kills the compile before any service.
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (::write(fd, "1000", 4) < 0) ::fputs("kernel-job: may not lower its own standing\n", stderr);
    ::close(fd);
}

class Job {
  public:
    Job(const pod::Kernel& kernel, const pod::KernelArch& arch, const JobPlaces& places)
        : kernel_(kernel),
          arch_(arch),
          places_(places),
          local_(fs::path(places.home) / "kernels", kernel.name, arch.key),
          volume_(fs::path(places.volume) / ".tmplbuild/kernels", kernel.name, arch.key),
          work_(fs::path(places.work) / ("tmplbuild-kernel-" + kernel.name)),
          inside_(compile::places_of(kernel.build.directory)) {}

    int run(bool again) {
        step_back();
        if (auto found = look_for_it()) return tell_success(found->files.string(), found->digest);
        if (again) {
            local_.forget_failure();
            volume_.forget_failure();
        }
        for (const Depot* depot : {&local_, &volume_})
            if (const auto why = depot->failure())
                return tell_failure(*why + " (tried before; `tmpl-ctl kernel retry` tries again)", false);
        Lease lease(volume_.lease_file(), names_of_pod(places_.pod, fs::path(places_.home) / "kernels"));
        if (has_volume()) {
            (void)sys::make_directories(volume_.folder());  // where it cannot be made, there is no lease and no copy
            if (auto found = wait_for_other(lease)) return tell_success(found->files.string(), found->digest);
        }
        lease_ = &lease;
        if (stop_asked()) return tell_failure("the pod stops", true);
        return make();
    }

  private:
    bool has_volume() const {
        std::error_code failed;
        return fs::is_directory(places_.volume, failed);
    }

    // Looks on this pod's own disk, then on the volume; a variant from there is copied here, hashed on the way and
    // proven again.
    std::optional<Made> look_for_it() {
        auto here = local_.find();
        if (here && *here) return **here;
        if (!here) local_.throw_away();
        if (!has_volume()) return std::nullopt;
        if (const int gone = collect_unused(fs::path(places_.volume) / ".tmplbuild/kernels"); gone > 0)
            tell_progress(std::to_string(gone) + " variants that nobody used for 30 days are removed", 0, -1);
        auto there = volume_.find();
        if (!there) {
            tell_progress("the volume's variant is not used: " + there.error().message, 0, -1);
            volume_.throw_away();
            return std::nullopt;
        }
        if (!*there) return std::nullopt;
        tell_progress("taken from the volume, where an earlier pod left it", 0, -1);
        auto table = prove_files(kernel_, arch_.arch, (*there)->files);
        if (!table) {
            tell_progress("the volume's variant is not used: " + table.error().message, 0, -1);
            volume_.throw_away();
            return std::nullopt;
        }
        volume_.mark_used();
        auto copied = local_.copy_from(**there, *table);
        if (copied) return *copied;
        tell_progress("the volume's variant cannot be copied: " + copied.error().message, 0, -1);
        return std::nullopt;
    }

    std::optional<Made> wait_for_other(Lease& lease) {
        bool said = false;
        while (!stop_asked() && !lease.take()) {
            if (!lease.observe_renewal(places_.lease_seconds)) {
                lease.break_it();
                continue;
            }
            const char* who = lease.is_of_this_pod() ? "an earlier job of this pod has not ended yet"
                                                     : "another pod on this volume compiles it";
            if (!said) tell_progress(std::string(who) + "; its result is waited for", 0, -1);
            said = true;
            pause_seconds(std::min<std::int64_t>(5, std::max<std::int64_t>(places_.lease_seconds / 4, 1)));
            if (auto found = look_for_it()) return found;
        }
        // Another pod may have put the variant in place between the look-up and the lease.
        return said ? look_for_it() : std::nullopt;
    }

    int make() {
        if (auto made = sys::make_directories(local_.folder()); !made)
            return tell_failure("this pod has no place for a variant: " + made.error().message, true);
        // Its name can be guessed, and services of other users may write into the folder above it.
        if (auto made = sys::make_directories(work_.parent_path()); !made)
            return tell_failure("this pod has no place to compile in: " + made.error().message, true);
        if (auto made = sys::make_own_folder(work_); !made)
            return tell_failure("this pod has no place to compile in: " + made.error().message, true);
        const auto lock = sys::FileLock::acquire(work_ / "lock");
        if (!lock) return tell_failure("this pod has no place to compile in: " + lock.error().message, true);
        if (auto pointed = point_places(); !pointed)
            return tell_failure("this pod has no place to compile in: " + pointed.error().message, true);
        return make_in_work_folder();
    }

    // Links the paths whose names get into the compiled bytes, as in the builder's sandbox, to the work folder.
    Result<void> point_places() const {
        const fs::path places = fs::path(inside_.output).parent_path();
        if (auto made = sys::make_directories(places.parent_path()); !made) return made;
        (void)sys::remove_tree(places);
        if (::symlink(work_.c_str(), places.c_str()) != 0) return os_error("link", places.string(), errno);
        return {};
    }

    int make_in_work_folder() {
        if (const Memory memory = read_memory(places_.cgroup); memory.free_below_ceiling() < memory_needed())
            return tell_no_headroom(memory);
        tell_progress("fetching the compiler (" + std::to_string(kernel_.build.toolchain.size()) + " wheels)", 1, -1);
        auto tools = prepare_toolchain(kernel_, work_, plain_environment(), keeps_lease());
        if (!tools) return fail(tools.error());
        if (auto failure = lay_source(kernel_.source, kernel_.build.directory, plain_environment(), keeps_lease()))
            return fail(*failure);
        if (auto failure = compile(*tools)) return fail(*failure);
        tell_progress("proving what was compiled", 98, 2);
        auto table = prove_files(kernel_, arch_.arch, output());
        if (!table) return fail({table.error().message, false});
        auto made = local_.put(output(), *table);
        if (!made) return fail(failure_of("moving it in place", made.error()));
        leave_on_volume(*made, *table);
        for (const fs::path& path :
             {output(), fs::path(kernel_.build.directory), fs::path(inside_.output).parent_path(), work_ / "tmp"})
            (void)sys::remove_tree(path);
        // The toolchain is removed too: a pod's GPU, and so its arch, changes only with the pod, whose disk is then
        // lost.
        (void)sys::remove_tree(work_);
        return tell_success(made->files.string(), made->digest);
    }

    int fail(const JobFailure& failure) {
        // What a killed compiler leaves behind would add up over several tries.
        for (const fs::path& path : {output(), work_ / "tmp"}) (void)sys::remove_tree(path);
        if (stop_asked()) return tell_failure("the pod stops", true);
        if (!failure.retry_cause.empty()) return tell_retry(failure.words, failure.retry_cause);
        if (failure.transient) return tell_failure(failure.words, false);
        local_.remember_failure(failure.words);
        if (has_volume()) volume_.remember_failure(failure.words);
        return tell_failure(failure.words, false);
    }

    fs::path output() const { return work_ / "output"; }

    std::uint64_t memory_needed() const {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(kernel_.build.memory_bytes, 256 << 20));
    }

    // The lease is given back while the launcher waits for memory, so that another pod may take it.
    int tell_no_headroom(const Memory& memory) const {
        const std::string words = "needs " + human_bytes(memory_needed()) + " of memory, and " +
                                  human_bytes(memory.free_below_ceiling()) + " are free below 85 % of this pod's " +
                                  human_bytes(memory.limit);
        if (memory.limit / 100 * Memory::percent < memory_needed())
            return tell_failure(words + ": it will never fit", true);
        return tell_retry("waiting for memory: " + words, "headroom");
    }

    // Fetching may take longer than a lease is valid.
    Watch keeps_lease() const {
        return [this, told = std::int64_t{0}](std::int64_t seconds) mutable -> std::optional<std::string> {
            if (seconds < told) told = 0;  // the next command has begun, and its seconds count from 0
            if (seconds < told + 5) return std::nullopt;
            told = seconds;
            renew_lease();
            return std::nullopt;
        };
    }

    Environment plain_environment() const {
        Environment out;
        for (char** entry = environ; *entry != nullptr; ++entry) {
            const std::string text = *entry;
            const std::size_t equals = text.find('=');
            if (equals != std::string::npos) out[text.substr(0, equals)] = text.substr(equals + 1);
        }
        // Constraints are for people's packages; the compiler's wheels are pinned by hash.
        for (const char* name : {"PIP_CONSTRAINT", "UV_CONSTRAINT", "PYTHONPATH", "PIP_TARGET", "PIP_USER"})
            out.erase(name);
        out["TMPDIR"] = (work_ / "tmp").string();
        (void)sys::make_directories(work_ / "tmp");
        return out;
    }

    std::int64_t jobs() const {
        const std::uint64_t fit = read_memory(places_.cgroup).free_below_ceiling() / memory_needed();
        const std::int64_t processors = ::sysconf(_SC_NPROCESSORS_ONLN);
        return std::clamp<std::int64_t>(static_cast<std::int64_t>(fit), 1, std::max<std::int64_t>(processors, 1));
    }

    compile::Recipe recipe(const Toolchain& tools, const kernel::Arch& arch) const {
        compile::Recipe out;
        out.arch = arch;
        out.directory = kernel_.build.directory;
        out.command = kernel_.build.command;
        out.environment = arch_.environment;
        out.driver_stub = kernel_.build.driver_stub;
        out.venv = kernel_.python.venv;
        out.requirement_packages = tools.requirement_packages;
        out.interpreter = kernel_.python.interpreter;
        out.jobs = static_cast<unsigned>(jobs());
        for (const pod::KernelVenv& one : kernel_.python.venvs)
            if (one.directory == out.venv) out.headers = nvidia_headers(one.site_packages);
        return out;
    }

    // Shows other pods that this one is at work.
    void renew_lease() const {
        if (lease_ != nullptr) lease_->renew();
    }

    std::optional<std::string> watch(std::int64_t seconds) {
        const Memory memory = read_memory(places_.cgroup);
        if (memory.above_ceiling()) {
            for_memory_ = true;
            return "waiting for memory: the compile was stopped, since the pod used " + human_bytes(memory.used) +
                   ", above 85 % of its " + human_bytes(memory.limit);
        }
        if (seconds < told_ + 5) return std::nullopt;
        told_ = seconds;
        renew_lease();
        const std::int64_t guess = kernel_.build.estimated_seconds;
        if (seconds < guess)
            tell_progress(compiling_, static_cast<int>(5 + seconds * 90 / guess), guess - seconds);
        else  // services come first, so a busy pod may slow the compile for as long as it is busy
            tell_progress(compiling_ + (guess == 0 ? "" : ": it takes longer than usual, since services come first"),
                          guess == 0 ? 5 : 95, -1);
        return std::nullopt;
    }

    std::optional<JobFailure> compile(const Toolchain& tools) {
        (void)sys::remove_tree(output());
        for (const fs::path& folder : {output(), work_ / "tmp", work_ / "log"})
            if (auto made = sys::make_directories(folder); !made) return failure_of("compiling", made.error());
        const auto arch = kernel::Arch::parse(arch_.arch);
        if (!arch) return JobFailure{arch.error().message, false};
        const compile::Recipe how = recipe(tools, *arch);
        compiling_ = "compiling for " + arch->to_string();
        tell_progress(compiling_, 5, kernel_.build.estimated_seconds);
        const Command command{.argv = compile::command(how),
                              .environment = compile::environment(how),
                              .directory = how.directory,
                              .seconds = kernel_.build.timeout_seconds,
                              .watch = [this](std::int64_t seconds) { return watch(seconds); }};
        const std::uint64_t kills = memory_kills(places_.cgroup);
        for_memory_ = false;
        CommandEnd end = run_command(command);
        if (end.ok) end = finish(how);
        if (end.ok) return std::nullopt;
        if (end.stopped && for_memory_) return JobFailure{end.why, true, "memory"};
        if (end.stopped) return JobFailure{end.why, false};
        // Linux kills the compile first (step_back); that says nothing about the source.
        if (memory_kills(places_.cgroup) > kills)
            return JobFailure{"waiting for memory: the compile was killed, since the pod's memory was used up", true,
                              "memory"};
        JobFailure failure = failure_of("the compile", end.why, end.tail);
        failure.retry_cause.clear();  // a compiler's words about a network say nothing about the pod's network
        return failure;
    }

    // Finishes the files as the build does: modules are stripped and bytecode is made, since variants are read-only.
    CommandEnd finish(const compile::Recipe& how) const {
        auto files = hash_tree(output());
        if (!files) return {.why = files.error().message};
        compile::Texts names;
        for (const auto& [path, digest] : *files) names.push_back(path);
        if (auto problem = compile::metadata_problem(names, kernel_.distribution, kernel_.version))
            return {.why = *problem};
        for (const auto& argv : {compile::strip(how, names), compile::bytecode(how, names)}) {
            if (!argv) continue;
            const Command command{.argv = *argv, .environment = compile::environment(how), .directory = how.directory};
            if (CommandEnd end = run_command(command); !end.ok) return end;
        }
        return {.ok = true};
    }

    void leave_on_volume(const Made& made, const std::string& table) {
        if (!has_volume()) return;
        auto left = volume_.copy_from(made, table);
        if (!left) return tell_progress("not kept for the next pod: " + left.error().message, 99, 0);
        tell_progress("kept on the volume for the next pod", 99, 0);
    }

    const pod::Kernel& kernel_;
    const pod::KernelArch& arch_;
    const JobPlaces& places_;
    Depot local_, volume_;
    fs::path work_;
    compile::Places inside_;
    const Lease* lease_ = nullptr;
    std::string compiling_;
    std::int64_t told_ = 0;
    bool for_memory_ = false;  // whether watch() stopped it for memory
};

}  // namespace

int compile_kernel(const pod::Kernel& kernel, const std::string& arch, const JobPlaces& places, bool again) {
    end_on_term();
    for (const pod::KernelArch& one : kernel.archs)
        if (one.arch == arch) return Job(kernel, one, places).run(again);
    return tell_failure("pod.json has no arch '" + arch + "' of " + kernel.name, false);
}

}  // namespace tmplbuild::job
