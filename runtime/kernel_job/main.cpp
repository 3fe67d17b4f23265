// SPDX-License-Identifier: Apache-2.0
// kernel-job: the work on kernels that the launcher gives to a child process. The last line of its output is its
// answer.
//   activate KERNEL DIRECTORY DIGEST DISTRIBUTION VERSION    deactivate KERNEL    match KERNEL    compile KERNEL ARCH
//   [--again]
// Exit code 0: done, 1: not done, 2: wrong arguments, 3: this pod has no place for it.
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "kernel_job/activate.hpp"
#include "kernel_job/compile.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;

namespace {

constexpr int wrong_arguments = 2, no_place = 3;
constexpr std::uint64_t spec_limit = 8U << 20;

std::string variable(const char* name, const char* usual) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : usual;
}

int answer(const Result<job::Switched>& done) {
    if (done) {
        std::printf("%s\n", done->note.empty() ? "done" : done->note.c_str());
        return 0;
    }
    std::printf("%s\n", done.error().message.c_str());
    return done.error().kind == ErrorKind::machine ? no_place : 1;
}

Result<pod::Kernel> find_kernel(const std::string& name) {
    const std::string file = variable("TMPLBUILD_POD_SPEC", pod::pod_spec_path);
    auto text = sys::read_file(file, spec_limit);
    if (!text) return text.error();
    auto spec = pod::read_pod_spec(*text, file);
    if (!spec) return spec.error();
    for (const pod::Kernel& kernel : spec->kernels)
        if (kernel.name == name) return kernel;
    return usage_error("pod.json has no kernel '" + name + "'");
}

std::int64_t lease_seconds() {
    constexpr std::int64_t usual = 120;
    const std::string text = variable("TMPLBUILD_LEASE_SECONDS", "120");
    const auto asked = parse_whole(text, 1, 24 * 3600);
    if (!asked) std::fprintf(stderr, "TMPLBUILD_LEASE_SECONDS is not 1 to 86400: '%s'; 120 counts\n", text.c_str());
    return asked.value_or(usual);
}

int compile(const pod::Kernel& kernel, const std::string& arch, bool again) {
    const job::JobPlaces places{.home = variable("TMPLBUILD_HOME", "/opt/tmplbuild"),
                                .volume = variable("TMPLBUILD_VOLUME", "/workspace"),
                                .work = variable("TMPLBUILD_WORK", "/var/tmp"),
                                .cgroup = variable("TMPLBUILD_CGROUP", "/sys/fs/cgroup"),
                                .pod = variable("RUNPOD_POD_ID", ""),
                                .lease_seconds = lease_seconds()};
    return job::compile_kernel(kernel, arch, places, again);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const std::string what = words.empty() ? "" : words[0];
    const bool known = (what == "activate" && words.size() == 6) || (what == "deactivate" && words.size() == 2) ||
                       (what == "match" && words.size() == 2) ||
                       (what == "compile" && (words.size() == 3 || (words.size() == 4 && words[3] == "--again")));
    if (!known) {
        std::fputs("kernel-job: wrong arguments\n", stderr);
        return wrong_arguments;
    }
    auto kernel = find_kernel(words[1]);
    if (!kernel) {
        std::printf("%s\n", kernel.error().message.c_str());
        return 1;
    }
    if (what == "activate") return answer(job::activate(*kernel, {words[2], words[3], words[4], words[5]}));
    if (what == "deactivate") return answer(job::deactivate(*kernel));
    if (what == "compile") return compile(*kernel, words[2], words.size() == 4);
    const auto matches = job::match_torch(*kernel);
    return answer(matches ? Result<job::Switched>(job::Switched{}) : Result<job::Switched>(matches.error()));
}
