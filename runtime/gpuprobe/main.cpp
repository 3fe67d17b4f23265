// SPDX-License-Identifier: Apache-2.0
// gpu-probe: prints which GPUs this pod has as one JSON line and ends with 0, whatever it found. The variable
// TMPLBUILD_PROBE_SECONDS is the deadline of each source (20). The launcher starts it; a person may run it by hand.
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "gpuprobe/probe.hpp"

int main() {
    using namespace tmplbuild;
    std::int64_t seconds = 20;
    if (const char* text = std::getenv("TMPLBUILD_PROBE_SECONDS")) {
        const auto asked = parse_whole(text, 1, 600);
        if (!asked) std::fprintf(stderr, "TMPLBUILD_PROBE_SECONDS is not 1 to 600: '%s'; 20 counts\n", text);
        seconds = asked.value_or(seconds);
    }
    const gpu::Answer answer = gpu::probe_gpus(std::chrono::seconds(seconds));
    std::printf("%s\n", json::canonical(gpu::to_json(answer)).c_str());
    return 0;
}
