// SPDX-License-Identifier: Apache-2.0
#include "gpu/answer.hpp"

#include "gpu/visible.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::gpu;

static SeenGpu make(int index, const char* name, int major, int minor) {
    return {.index = index,
            .name = name,
            .capability = {major, minor},
            .uuid = "GPU-" + std::string(8, static_cast<char>('a' + index)) + "-0000",
            .memory = 24ULL << 30};
}

TEST_CASE("an answer survives the way through its text") {
    Answer answer;
    answer.state = ProbeState::ok;
    answer.source = "nvml";
    answer.driver = kernel::Version{580, 95, 5};
    answer.driver_cuda = kernel::Version{13, 0, 0};
    answer.simulated = true;
    answer.hidden = 1;
    answer.gpus = {make(0, "NVIDIA GeForce RTX 4090", 8, 9)};
    answer.gpus[0].mig = true;
    answer.gpus[0].parts = {"MIG-1"};
    answer.attempts = {{"nvml", ProbeState::ok, ""}};
    CHECK(parse_answer(json::canonical(to_json(answer))).value() == answer);
}

TEST_CASE("what cannot be an answer is refused in words") {
    const auto why = [](const std::string& text) { return parse_answer(text).error().message; };
    CHECK(why("") == "the probe's answer cannot be: it is no JSON object");
    CHECK(why("[]") == "the probe's answer cannot be: it is no JSON object");
    CHECK(why(R"({"version":2})") == "the probe's answer cannot be: it is not of version 1");
    CHECK(why(R"({"version":1,"state":"great"})") == "the probe's answer cannot be: its state is not known");
    CHECK(why(R"({"version":1,"state":"ok","gpus":[]})") == "the probe's answer cannot be: state 'ok' with 0 GPUs");
    const std::string start = R"({"version":1,"state":"ok","gpus":[)";
    CHECK(why(start + "7]}") == "the probe's answer cannot be: a GPU is no object");
    CHECK(why(start + R"({"index":0,"capability":"8.9"}]})") ==
          "the probe's answer cannot be: a GPU without a number or a name");
    CHECK(why(start + R"({"index":0,"name":"x","capability":"99.1"}]})") ==
          "the probe's answer cannot be: a GPU of compute capability '99.1'");
    CHECK(why(R"({"version":1,"state":"no-gpu","driver":"five","gpus":[]})") ==
          "the probe's answer cannot be: driver version 'five'");
    std::string many = start;
    for (int i = 0; i < 65; ++i) many += std::string(i > 0 ? "," : "") + R"({"index":0,"name":"x","capability":"8.9"})";
    CHECK(why(many + "]}") == "the probe's answer cannot be: 65 GPUs");
    // What would move a terminal's cursor does not reach it.
    const auto named = parse_answer(start + R"({"index":0,"name":"x\u001b[2J","capability":"8.9"}]})");
    CHECK(named.value().gpus[0].name == "x [2J");
}

TEST_CASE("CUDA_VISIBLE_DEVICES by the programming guide's rules") {
    const std::vector<SeenGpu> same = {make(0, "A", 8, 9), make(1, "A", 8, 9), make(2, "A", 8, 9)};
    const std::vector<SeenGpu> mixed = {make(0, "A", 8, 6), make(1, "B", 9, 0)};
    const auto seen = [](const std::vector<SeenGpu>& all, std::optional<std::string> variable, bool pci = false) {
        std::string out;
        const VisibleGpus visible = visible_gpus(all, variable, pci);
        for (const SeenGpu& gpu : visible.gpus) out += std::to_string(gpu.index);
        return out + (visible.order_unknown ? "?" : "");
    };
    CHECK(seen(same, std::nullopt) == "012");
    CHECK(seen(same, "") == "");
    CHECK(seen(same, "1") == "1");
    CHECK(seen(same, "2,0") == "20");
    CHECK(seen(same, " 2 , 0 ") == "20");
    CHECK(seen(same, "1,-1,2") == "1");  // an invalid entry ends the list
    CHECK(seen(same, "1,7,2") == "1");
    CHECK(seen(same, "NoDevFiles") == "");
    CHECK(seen(same, "1,1") == "1");
    CHECK(seen(same, "GPU-bbbb") == "1");
    CHECK(seen(same, "GPU-") == "");  // a prefix of more than one
    CHECK(seen(same, "GPU-cccccccc-0000,GPU-aaaa") == "20");
    // Numbers count in CUDA's own order, which NVML does not know.
    CHECK(seen(mixed, "0") == "01?");
    CHECK(seen(mixed, "0", true) == "0");
    CHECK(seen(mixed, "GPU-bbbb") == "1");
    CHECK(seen(mixed, std::nullopt) == "01");
}

TEST_CASE("a divided GPU is seen by its parts") {
    std::vector<SeenGpu> gpus = {make(0, "A", 8, 0), make(1, "A", 8, 0)};
    gpus[0].mig = true;
    CHECK(visible_gpus(gpus, std::nullopt, false).gpus.size() == 1);
    gpus[0].parts = {"MIG-aaaa", "MIG-bbbb"};
    CHECK(visible_gpus(gpus, std::nullopt, false).gpus.size() == 2);
    CHECK(visible_gpus(gpus, "MIG-b", false).gpus.at(0).index == 0);
    CHECK(visible_gpus(gpus, "MIG-aaaa,MIG-bbbb", false).gpus.size() == 1);
    CHECK(visible_gpus(gpus, "MIG-", false).gpus.empty());
}
