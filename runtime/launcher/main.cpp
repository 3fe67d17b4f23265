// SPDX-License-Identifier: Apache-2.0
// The image's ENTRYPOINT: reads pod.json and runs the pod. Arguments become the foreground command, beside the services
// or, after --only, alone. TMPLBUILD_POD_SPEC names another pod.json.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "supervisor/engine.hpp"
#include "supervisor/rescue.hpp"

using namespace tmplbuild;

namespace {

constexpr int exit_no_spec = 78;  // sysexits(3), EX_CONFIG: pod.json cannot be used

Result<std::string> read_text(const std::string& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return os_error("read", file, errno);
    std::string text;
    char buffer[16384];
    ssize_t got = 0;
    while (text.size() < (8U << 20) && (got = ::read(fd, buffer, sizeof buffer)) > 0)
        text.append(buffer, static_cast<std::size_t>(got));
    const int why = errno;
    ::close(fd);
    if (got < 0) return os_error("read", file, why);
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    // What waits for a slow reader may grow to a megabyte and is given back when it is gone. Without this, glibc moves
    // its threshold up at the first such block and keeps the next ones, in pieces, for good.
    ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
    launch::EngineOptions options;
    for (char** entry = environ; *entry != nullptr; ++entry) options.environment.emplace_back(*entry);
    const char* other = std::getenv("TMPLBUILD_POD_SPEC");
    options.spec_file = other != nullptr ? other : pod::pod_spec_path;
    int first = 1;
    const bool only = argc > 1 && std::string_view(argv[1]) == "--only";
    if (only) ++first;
    options.foreground.assign(argv + first, argv + argc);
    if (only && options.foreground.empty()) {
        std::fputs("launcher: --only needs a command after it\n", stderr);
        return 2;
    }
    pod::PodSpec spec;
    if (!only) {
        auto text = read_text(options.spec_file);
        auto read = text ? pod::read_pod_spec(*text, options.spec_file) : Result<pod::PodSpec>(text.error());
        if (!read) {
            options.spec_problem = "pod.json cannot be used: " + read.error().message;
            std::fprintf(stderr, "launcher: %s\n", read.error().to_string().c_str());
            auto rescue = launch::rescue_spec(options.spec_problem, options.environment);
            if (rescue) spec = std::move(*rescue);
            if (!rescue) std::fprintf(stderr, "launcher: %s\n", rescue.error().message.c_str());
            // Arguments still run: a shell is how such a pod is mended.
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
