// SPDX-License-Identifier: Apache-2.0
// The image's ENTRYPOINT: reads pod.json and runs the pod. Its arguments become the foreground command, which runs
// beside the services or, after --only, alone. TMPLBUILD_POD_SPEC names another pod.json.
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "podlog/helper.hpp"
#include "supervisor/engine.hpp"
#include "supervisor/rescue.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;

namespace {

constexpr int exit_no_spec = 78;  // sysexits(3), EX_CONFIG: pod.json cannot be used

constexpr std::size_t spec_limit = 8U << 20;

Result<pod::PodSpec> read_spec(const std::string& file) {
    auto text = sys::read_beginning(file, spec_limit);
    if (!text) return text.error();
    return pod::read_pod_spec(*text, file);
}

// The command among the arguments. Empty arguments before it are dropped: an empty form field of a platform gives one.
std::vector<std::string> command_of(char** first, char** last) {
    const auto is_blank = [](const char* word) { return std::strspn(word, " \t\r\n") == std::strlen(word); };
    while (first != last && is_blank(*first)) ++first;
    return {first, last};
}

}  // namespace

int main(int argc, char** argv) {
    launch::close_from(3);  // descriptors that the starter had open are not for services
    // Output that waits for a slow reader may grow to a megabyte and is freed when it is written. Without this, glibc
    // raises its threshold at the first such block and keeps the memory of the next ones for good.
    ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
    launch::EngineOptions options;
    for (char** entry = environ; *entry != nullptr; ++entry) options.environment.emplace_back(*entry);
    const char* other = std::getenv("TMPLBUILD_POD_SPEC");
    options.spec_file = other != nullptr ? other : pod::pod_spec_path;
    int first = 1;
    const bool only = argc > 1 && std::string_view(argv[1]) == "--only";
    if (only) ++first;
    options.foreground = command_of(argv + first, argv + argc);
    if (only && options.foreground.empty()) {
        std::fputs("launcher: --only needs a command after it\n", stderr);
        return 2;
    }
    pod::PodSpec spec;
    auto read = read_spec(options.spec_file);
    if (only) {
        // The command runs alone, with the variables that every shell of the image has.
        if (read) spec.constraints = read->constraints;
    } else {
        if (!read) {
            options.spec_problem = "pod.json cannot be used: " + read.error().message;
            std::fprintf(stderr, "launcher: %s\n", read.error().to_string().c_str());
            auto rescue = launch::rescue_spec(options.spec_problem, options.environment);
            if (rescue) spec = std::move(*rescue);
            if (!rescue) std::fprintf(stderr, "launcher: %s\n", rescue.error().message.c_str());
            // The foreground command still runs, since a person repairs such a pod from a shell.
            if (!rescue && options.foreground.empty()) return exit_no_spec;
        } else {
            spec = std::move(*read);
        }
    }
    if (spec.services.empty() && options.foreground.empty()) {
        std::fputs("launcher: the pod has no services, and no command was given\n", stderr);
        return 0;
    }
    return launch::run_pod(std::move(spec), options);
}
