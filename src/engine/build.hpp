// SPDX-License-Identifier: Apache-2.0
// The builder's story: template → lock and facts → plan → steps → image → outputs. Called by cli/. Throws BuildError.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "engine/pod/published_ports.hpp"
#include "engine/prepare.hpp"
#include "engine/run_plan.hpp"
#include "engine/sandbox/sandbox.hpp"
#include "kernel/verdict.hpp"
#include "oci/image.hpp"
#include "oci/image_name.hpp"
#include "store/store.hpp"
#include "template/parse.hpp"

namespace tmplbuild {

struct BuildRequest {
    std::filesystem::path template_file;
    ParseOptions parse;
    std::vector<oci::ImageName> outputs;                    // empty: a layout at out/<name>
    std::map<std::string, std::filesystem::path> programs;  // ours that go into the image, by their path there
    std::filesystem::path sandbox_init, nvcc_front;         // ours that run in the sandbox
    std::map<std::string, std::string> secrets;             // name → content, for `run` steps that ask for them
    std::vector<std::filesystem::path> also_written{};      // besides outputs: never part of what the template copies
};

// One kernel on one GPU of the targets, as proven from the bytes.
struct ProvenRow {
    std::string kernel, gpu, capability;
    std::string arch;  // of the variant
    kernel::Judgement judgement;
};

struct BuildReport {
    oci::Image image;
    std::vector<oci::ImageName> outputs;
    std::vector<BuiltStep> steps;
    std::vector<ProvenRow> kernels;
};

// Builds, then starts the image here as a pod would be started: its entrypoint as PID 1 in the image's directory, a
// network of its own whose services are reached by ports of this machine's loopback, this machine's proxies, CA bundle
// and package-index settings, a folder of this machine as /workspace. A stop gives it its ten seconds. Returns its exit
// code. Where slirp4netns is not installed, the pod shares this machine's network, which is said; its ports must then
// be free.
struct LocalRun {
    std::vector<std::string> arguments;                    // for the entrypoint
    std::map<std::string, std::string> environment;        // on top of the image's
    std::filesystem::path volume;                          // becomes /workspace
    std::vector<SandboxMount> mounts{};                    // besides it
    std::vector<PublishedPort> ports{};                    // those with another number here than in the pod
    bool host_network = false;                             // it shares this machine's network, as was asked
    bool pass_stdin = false, pass_terminal = false;        // the arguments are a command that reads; one of both
    std::function<void()> on_start{};                      // the image is there; the pod starts now
    std::function<void(std::string_view line)> on_line{};  // its output; not with a terminal
    std::function<void(std::string_view line)> on_link{};  // where its services are found, once they have started
};
int run_image(const BuildRequest& request, const LocalRun& run, const ResolveContext& context);

BuildReport build_image(const BuildRequest& request, const ResolveContext& context);

}  // namespace tmplbuild
