// SPDX-License-Identifier: Apache-2.0
// gpu-check: what the project's own code says, in JSON, for tests/gpu/run to compare with a real driver and torch.
//   gpu-check verdicts CAPABILITY CUDA FILE...       CUDA: the driver's newest, "13.0"
//   gpu-check prove KERNEL ARCH CAPABILITY TOOLKIT TORCH FOLDER MODULE...     TORCH: "2.11.0", or "-"
//   gpu-check links INTERPRETER NAME TORCH SITES FOLDER MODULE...             SITES: folders, ':' between them
// Exit code 1, with words on stderr: something cannot be read; 2: the command line is wrong.
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "judge.hpp"
#include "machine_links.hpp"

using namespace tmplbuild;

static int fail(const Error& error) {
    std::fprintf(stderr, "gpu-check: %s\n", error.message.c_str());
    return 1;
}

static int print(const json::value& value) {
    std::puts(json::compact(value).c_str());
    return 0;
}

static int verdicts(const std::vector<std::string>& words) {
    const auto capability = kernel::Capability::parse(words[1]);
    if (!capability) return fail(capability.error());
    kernel::Host host;
    if (auto cuda = kernel::Version::parse(words[2])) host.driver_cuda = *cuda;
    const auto out = gpucheck::judge_files({words.begin() + 3, words.end()}, *capability, host);
    return out ? print(*out) : fail(out.error());
}

static int prove(const std::vector<std::string>& words) {
    const auto out = gpucheck::prove_variant({.kernel = words[1],
                                              .arch = words[2],
                                              .capability = words[3],
                                              .toolkit = words[4],
                                              .torch = words[5] == "-" ? "" : words[5],
                                              .folder = words[6],
                                              .modules = {words.begin() + 7, words.end()}});
    return out ? print(*out) : fail(out.error());
}

static int links(const std::vector<std::string>& words) {
    const char* library_path = std::getenv("LD_LIBRARY_PATH");
    const auto out = gpucheck::check_machine_links({.interpreter = words[1],
                                                    .name = words[2],
                                                    .torch = words[3],
                                                    .site_packages = split(words[4], ':'),
                                                    .library_path = library_path == nullptr ? "" : library_path},
                                                   words[5], {words.begin() + 6, words.end()});
    return out ? print(*out) : fail(out.error());
}

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() >= 4 && words[0] == "verdicts") return verdicts(words);
    if (words.size() >= 8 && words[0] == "prove") return prove(words);
    if (words.size() >= 7 && words[0] == "links") return links(words);
    std::fputs("usage: gpu-check verdicts|prove|links ARGUMENT... (see tests/gpu/check/main.cpp)\n", stderr);
    return 2;
}
