// SPDX-License-Identifier: Apache-2.0
#include "gpu/usage.hpp"

#include "gpuprobe/sources.hpp"
#include "support/catch.hpp"

using namespace tmplbuild::gpu;

TEST_CASE("nvidia-smi's lines of use; what it does not say is unknown") {
    const Usage usage = parse_smi_usage("0, NVIDIA GeForce RTX 3090, 1024, 37\n1, Tesla T4, [N/A], [N/A]\n", 0);
    REQUIRE(usage.state == ProbeState::ok);
    CHECK(usage.gpus == std::vector<GpuUsage>{{0, "NVIDIA GeForce RTX 3090", 1024ULL << 20, 37},
                                              {1, "Tesla T4", std::nullopt, std::nullopt}});
    CHECK(parse_smi_usage("No devices were found\n", 0).state == ProbeState::no_gpu);
    CHECK(parse_smi_usage("", 127).reason == "there is no nvidia-smi");
    CHECK(parse_smi_usage("broken\n", 9).reason == "nvidia-smi: broken (exit code 9)");
    for (const char* text : {"hello\n", "x, A, 1, 2\n", "0, A, 1\n", "-1, A, 1, 2\n"})
        CHECK(parse_smi_usage(text, 0).state == ProbeState::garbage);
}

TEST_CASE("a usage is read as it was written") {
    const Usage usage{.state = ProbeState::ok,
                      .reason = "",
                      .source = "nvml",
                      .gpus = {{0, "A", 5, 0}, {3, "B", std::nullopt, std::nullopt}}};
    CHECK(parse_usage(tmplbuild::json::canonical(to_json(usage))).value() == usage);
}

TEST_CASE("a usage that no probe writes is refused") {
    for (const char* text :
         {"", "[]", "{}", R"({"state":"ok"})", R"({"state":"fine","gpus":[]})", R"({"state":"ok","gpus":[1]})",
          R"({"state":"ok","gpus":[{}]})", R"({"state":"ok","gpus":[{"index":0,"memory_used":-1}]})",
          R"({"state":"ok","gpus":[{"index":0,"memory_used":"1"}]})",
          R"({"state":"ok","gpus":[{"index":0,"load_percent":101}]})", R"({"state":"ok","gpus":[{"index":65}]})"})
        CHECK_FALSE(parse_usage(text));
}
