// SPDX-License-Identifier: Apache-2.0
#include "kernel/gpu.hpp"

#include <map>
#include <set>

#include "kernel/arch.hpp"
#include "support/catch.hpp"

using namespace tmplbuild::kernel;

TEST_CASE("every spelling of a GPU finds it") {
    for (const char* name : {"RTX 4090", "rtx4090", "4090", "NVIDIA GeForce RTX 4090", "GeForce RTX-4090"}) {
        auto target = parse_target(name);
        REQUIRE(target);
        CHECK(target->label == "RTX 4090");
        CHECK(target->capability == Capability{8, 9});
    }
    CHECK(parse_target("H100")->label == "H100");
    CHECK(parse_target("H100")->capability == Capability{9, 0});
    CHECK(parse_target("8.9")->capability == Capability{8, 9});
    CHECK_FALSE(parse_target("MI300X")->capability);
    CHECK(find_gpu("RTX 4080")->name == "RTX 4080");
    CHECK(find_gpu("V100")->major == 7);
    // What nvidia-smi says on cards that no pod of RunPod's has, and what people make of the names of those that do.
    CHECK(find_gpu("NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition")->name == "RTX PRO 6000 Max-Q");
    CHECK(find_gpu("NVIDIA A100-SXM4-40GB")->memory_gb == 40);
    CHECK(find_gpu("A100")->name == "A100 SXM");
    CHECK(find_gpu("H100 80GB")->name == "H100 SXM");
    CHECK(find_gpu("6000 Ada")->name == "RTX 6000 Ada");
    CHECK(find_gpu("3060")->capability() == Capability{8, 6});
    CHECK(find_gpu("GB300")->capability() == Capability{10, 3});
}

TEST_CASE("an unknown GPU is an error with the nearest name") {
    auto wrong = parse_target("RTX 4900");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().hint.find("RTX 4") != std::string::npos);
    // A card of that very number may exist, but no row vouches for it: no guess from a name that is near.
    CHECK_FALSE(parse_target("RTX 4090 Ti"));
    CHECK(parse_target("sm_120a").error().hint == "write the capability: \"12.0\"");
    for (const char* bad : {"", "8", "8.", ".9", "8.99", "a.b", "0.0", "GTX 1080"}) CHECK_FALSE(parse_target(bad));
}

TEST_CASE("no two rows share a name, and every row finds itself") {
    std::set<std::string_view> names, products;
    for (const Gpu& gpu : all_gpus()) {
        CHECK(names.insert(gpu.name).second);
        CHECK(products.insert(gpu.product_id).second);
        CHECK(find_gpu(gpu.name) == &gpu);
        CHECK(find_gpu(gpu.product_id) == &gpu);
        CHECK_FALSE(gpu.source.empty());
    }
    CHECK(default_targets().size() == 8);  // 7.0, 8.0, 8.6, 8.9, 9.0, 10.0, 10.3, 12.0
    CHECK(products_of({9, 0}, 2) == "H200 SXM, H200 NVL");
}

TEST_CASE("archs are read in every form that people write") {
    for (const char* text : {"9.0a", "90a", "sm_90a", "compute_90a"}) CHECK(Arch::parse(text).value() == Arch{90, 'a'});
    CHECK(Arch::parse("12.0").value() == Arch{120, 0});
    CHECK(Arch::parse("10.3f")->to_torch_list() == "10.3f");
    CHECK(Arch{120, 0}.gencode_flags() == std::vector<std::string>{"-gencode", "arch=compute_120,code=sm_120"});
    for (const char* bad :
         {"", "8.9 9.0", "8.9;9.0", "8.9+PTX", "8", "8.90", "sm_", "sm_9", "x.y", "0.9", "9.0b", "1000"})
        CHECK_FALSE(Arch::parse(bad));
}

TEST_CASE("a toolkit that cannot build an arch is refused with the reason") {
    CHECK_FALSE(toolkit_refusal(Arch{89, 0}, {13, 0, 0}));
    CHECK(toolkit_refusal(Arch{120, 0}, {12, 6, 0}) == "sm_120 needs CUDA 12.8 or newer, not 12.6");
    CHECK(toolkit_refusal(Arch{70, 0}, {13, 0, 0}) == "sm_70 is no longer built by CUDA 13.0 and newer");
    CHECK_FALSE(toolkit_refusal(Arch{70, 0}, {12, 9, 0}));
    CHECK(toolkit_refusal(Arch{89, 'a'}, {13, 0, 0}));
    CHECK(toolkit_refusal(Arch{100, 'f'}, {12, 8, 0}) == "sm_100f needs CUDA 12.9 or newer, not 12.8");
    CHECK(Version::parse("13.0").value() == Version{13, 0, 0});
    for (const char* bad : {"", "13.", "a", "1.2.3.4", "-1", "1234567", "13.0 "}) CHECK_FALSE(Version::parse(bad));
}

TEST_CASE("machine code runs on its own minor and later ones of one major, exactly its own with 'a'") {
    struct Row {
        Arch arch;
        Capability capability;
        bool runs;
    };
    for (const Row& row : {Row{{80, 0}, {8, 0}, true},   {{80, 0}, {8, 6}, true},      {{80, 0}, {8, 9}, true},
                           {{80, 0}, {9, 0}, false},     {{86, 0}, {8, 0}, false},     {{86, 0}, {8, 9}, true},
                           {{89, 0}, {8, 6}, false},     {{89, 0}, {8, 9}, true},      {{90, 0}, {9, 0}, true},
                           {{90, 'a'}, {9, 0}, true},    {{90, 'a'}, {10, 0}, false},  {{100, 0}, {10, 3}, true},
                           {{100, 'a'}, {10, 3}, false}, {{100, 'f'}, {10, 3}, true},  {{100, 'f'}, {12, 0}, false},
                           {{103, 'f'}, {10, 0}, false}, {{120, 0}, {12, 1}, true},    {{120, 'a'}, {12, 1}, false},
                           {{120, 'f'}, {12, 1}, true},  {{121, 'f'}, {12, 0}, false}, {{70, 0}, {7, 5}, true},
                           {{75, 0}, {7, 0}, false},     {{80, 0}, {8, 7}, false},     {{87, 0}, {8, 9}, false},
                           {{87, 0}, {8, 7}, true},      {{100, 'f'}, {10, 1}, false}}) {
        INFO(row.arch.to_string() << " on " << row.capability.to_string());
        CHECK(cubin_runs_on(row.arch, row.capability) == row.runs);
    }
}

TEST_CASE("every GPU that people rent has the capability that its vendor states") {
    const std::map<std::string, std::vector<const char*>> table = {
        {"7.0", {"V100"}},
        {"8.0", {"A100", "A100 SXM", "A100 PCIe", "A30"}},
        {"8.6",
         {"A40", "A4000", "A4500", "A5000", "A6000", "RTX 3070", "RTX 3080", "RTX 3080 Ti", "RTX 3090", "RTX 3090 Ti"}},
        {"8.9",
         {"L4", "L40", "L40S", "RTX 4000 Ada", "RTX 5000 Ada", "RTX 6000 Ada", "RTX 4070 Ti", "RTX 4080", "RTX 4090"}},
        {"9.0", {"H100", "H100 PCIe", "H100 SXM", "H100 NVL", "H200"}},
        {"10.0", {"B200"}},
        {"10.3", {"B300"}},
        {"12.0", {"RTX 5080", "RTX 5090", "RTX PRO 4500", "RTX PRO 6000"}}};
    for (const auto& [capability, names] : table)
        for (const char* name : names) {
            INFO(name);
            const Gpu* gpu = find_gpu(name);
            REQUIRE(gpu != nullptr);
            CHECK(gpu->capability() == Capability::parse(capability).value());
            CHECK(gpu->on_runpod);
        }
    REQUIRE(find_gpu("MI300X") != nullptr);
    CHECK_FALSE(find_gpu("MI300X")->capability());
    CHECK(find_gpu("MI300X")->vendor == Vendor::amd);
}
