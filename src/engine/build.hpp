// SPDX-License-Identifier: Apache-2.0
// The whole of a build: template → lock and facts → plan → steps → image → outputs. Called by cli/. Throws BuildError.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "engine/own_files.hpp"
#include "engine/pod/published_ports.hpp"
#include "engine/prepare.hpp"
#include "engine/run_plan.hpp"
#include "engine/sandbox/sandbox.hpp"
#include "kernel/verdict.hpp"
#include "oci/image.hpp"
#include "oci/image_name.hpp"
#include "registry/session.hpp"
#include "store/store.hpp"
#include "template/parse.hpp"

namespace tmplbuild {

struct BuildRequest {
    std::filesystem::path template_file;
    ParseOptions parse;
    std::vector<oci::ImageName> outputs;                    // empty: a layout at out/<name>
    std::map<std::string, std::filesystem::path> programs;  // our programs that go into the image, by their path there
    std::filesystem::path sandbox_init, nvcc_front;         // our programs that run in the sandbox
    std::map<std::string, std::string> secrets;             // name → content, for `run` steps that ask for them
    std::vector<SecretFile> secret_files{};                 // of the command line, whether a step asks for them or not
    // Other files that the command writes; the template never copies them.
    std::vector<std::filesystem::path> also_written{};
    std::shared_ptr<const registry::Client> registry{};  // for outputs in registries; none where there are none
};

// One kernel on one GPU of the targets, as the bytes prove it.
struct ProvenRow {
    std::string kernel, gpu, capability;
    std::string arch;  // of the variant
    kernel::Judgement judgement;
    std::string cache;  // the shared cache from which the variant came with its proof; empty: it was proven here
};

struct BuildReport {
    oci::Image image;
    std::vector<oci::ImageName> outputs;
    std::vector<BuiltStep> steps;
    std::vector<ProvenRow> kernels;
    std::string proof_cache{};  // the shared cache that says the image was proven; empty: it was proven here
};

// Builds, then starts the image on this machine as a pod is started: its entrypoint as PID 1 in the image's directory,
// in a network of its own whose services are reached through ports of this machine's loopback, with this machine's
// proxies, CA bundle and package-index settings, and a folder of this machine as /workspace. After a stop it gets ten
// seconds. Returns its exit code. Where slirp4netns is not installed, the pod shares this machine's network, which is
// reported; its ports must then be free.
struct LocalRun {
    std::vector<std::string> arguments;              // for the entrypoint
    std::map<std::string, std::string> environment;  // on top of the image's
    std::filesystem::path volume;                    // becomes /workspace
    std::vector<SandboxMount> mounts{};              // besides it
    std::vector<PublishedPort> ports{};              // those whose number here differs from the pod's
    bool host_network = false;  // it shares this machine's network, because the user asked for that
    // The arguments are a command that reads its input; at most one of both.
    bool pass_stdin = false, pass_terminal = false;
    std::function<void()> on_start{};  // called when the image is built and the pod starts
    // Called with each line of output, unless there is a terminal.
    std::function<void(std::string_view line)> on_line{};
    // Called with the address of each service, once they have started.
    std::function<void(std::string_view line)> on_link{};
};
int run_image(const BuildRequest& request, const LocalRun& run, const ResolveContext& context);

BuildReport build_image(const BuildRequest& request, const ResolveContext& context);

// The steps of these ids alone, and what they need where one of them has to be built. There is no image, and no output.
std::vector<BuiltStep> build_steps(const BuildRequest& request, const std::vector<std::string>& only,
                                   const ResolveContext& context);

}  // namespace tmplbuild
