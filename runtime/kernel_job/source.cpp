// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/source.hpp"

#include "kernel_job/report.hpp"
#include "sys/file.hpp"
#include "sys/git_environment.hpp"

namespace tmplbuild::job {

namespace {

using Words = std::vector<std::string>;

// git without any setting that changes what it writes out; submodules inherit these. With an empty filter, files of LFS
// stay the pointers that they are in the commit.
Words git(Words arguments) {
    Words out = {"git"};
    for (const char* setting :
         {"core.autocrlf=false", "core.eol=lf", "core.attributesFile=/dev/null", "core.hooksPath=/dev/null",
          "filter.lfs.smudge=", "filter.lfs.process=", "filter.lfs.required=false", "advice.detachedHead=false"}) {
        out.emplace_back("-c");
        out.emplace_back(setting);
    }
    out.insert(out.end(), arguments.begin(), arguments.end());
    return out;
}

std::vector<Words> steps_of(const pod::KernelSource& source) {
    std::vector<Words> out = {{"init", "-q", "--template="},
                              {"fetch", "-q", "--depth", "1", "--", source.url, source.commit},
                              {"checkout", "-q", source.commit}};
    // The same tree that the builder compiles.
    if (source.submodules) out.push_back({"submodule", "update", "-q", "--init", "--recursive", "--depth", "1"});
    for (const std::string& patch : source.patches) out.push_back({"apply", "-p1", "--whitespace=nowarn", "--", patch});
    return out;
}

// Commands that reach a server get the pod's settings for that; those that only read and write files get nothing of the
// pod.
Environment environment_of(const std::string& step, const Environment& own) {
    if (step != "fetch" && step != "submodule") return git_reading_environment(own);
    Environment out = git_fetching_environment(step == "fetch" ? GitUrlFrom::builder : GitUrlFrom::repository, own);
    out["GIT_ATTR_NOSYSTEM"] = "1";
    // git itself would wait for ever for a server that no longer sends.
    out["GIT_HTTP_LOW_SPEED_LIMIT"] = "1000";
    out["GIT_HTTP_LOW_SPEED_TIME"] = "60";
    return out;
}

std::optional<JobFailure> fetch_source(const pod::KernelSource& source, const fs::path& to,
                                       const Environment& environment, const Watch& watch) {
    if (auto made = sys::make_directories(to); !made) return failure_of("fetching the source", made.error());
    tell_progress("fetching the source", 5, -1);
    Command command{.argv = {}, .environment = {}, .directory = to.string(), .watch = watch};
    for (const Words& step : steps_of(source)) {
        command.argv = git(step);
        command.environment = environment_of(step[0], environment);
        const CommandEnd end = run_command(command);
        if (end.ok) continue;
        JobFailure failure = failure_of("fetching the source", "git " + step[0] + ": " + end.why, end.tail);
        // Only a patch that does not fit says something about the kernel itself.
        failure.transient = failure.transient || step[0] != "apply";
        return failure;
    }
    // A build that asks git for a version would get another one than in the builder.
    (void)sys::remove_tree(to / ".git");
    return std::nullopt;
}

}  // namespace

std::optional<JobFailure> lay_source(const pod::KernelSource& source, const fs::path& to,
                                     const Environment& environment, const Watch& watch) {
    (void)sys::remove_tree(to);
    if (source.directory.empty()) return fetch_source(source, to, environment, watch);
    const auto copied = copy_tree(source.directory, to);
    if (copied) return std::nullopt;
    return failure_of("laying out the source", copied.error());
}

}  // namespace tmplbuild::job
