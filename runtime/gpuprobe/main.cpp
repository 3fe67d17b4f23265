// SPDX-License-Identifier: Apache-2.0
// gpu-probe: prints which GPUs this pod has as one JSON line and ends with 0, whatever it found; with --usage, how much
// memory and load they have now. The variable TMPLBUILD_PROBE_SECONDS is the deadline of each source (20). The launcher
// starts it, and the console with --usage; a person may run it by hand.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/text.hpp"
#include "gpuprobe/probe.hpp"
#include "gpuprobe/usage.hpp"

int main(int argc, char** argv) {
    using namespace tmplbuild;
    const bool usage = argc == 2 && std::strcmp(argv[1], "--usage") == 0;
    if (argc > 1 && !usage) {
        std::fprintf(stderr, "gpu-probe: '%s' is not known; there is --usage\n", argv[1]);
        return 2;
    }
    std::int64_t seconds = 20;
    if (const char* text = std::getenv("TMPLBUILD_PROBE_SECONDS")) {
        const auto asked = parse_whole(text, 1, 600);
        if (!asked) std::fprintf(stderr, "TMPLBUILD_PROBE_SECONDS is not 1 to 600: '%s'; 20 counts\n", text);
        seconds = asked.value_or(seconds);
    }
    if (usage) {
        const gpu::Usage answer = gpu::measure_usage(std::chrono::seconds(seconds));
        std::printf("%s\n", json::canonical(gpu::to_json(answer)).c_str());
        return 0;
    }
    const gpu::Answer answer = gpu::probe_gpus(std::chrono::seconds(seconds));
    std::printf("%s\n", json::canonical(gpu::to_json(answer)).c_str());
    return 0;
}
