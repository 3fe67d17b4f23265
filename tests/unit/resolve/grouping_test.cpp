// SPDX-License-Identifier: Apache-2.0
#include "resolve/grouping.hpp"

#include <algorithm>
#include <map>

#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

struct Row {
    const char* name;
    std::uint64_t size;
};

// A venv with torch 2.11.0 (CUDA 13.0) and JupyterLab: the index's file sizes in November 2026, small ones left out.
const std::vector<Row> torch_venv = {{"torch", 530604548},
                                     {"nvidia-cublas", 423133236},
                                     {"nvidia-cudnn-cu13", 366066321},
                                     {"nvidia-cufft", 214085489},
                                     {"nvidia-cusolver", 200941980},
                                     {"nvidia-nccl-cu13", 196493177},
                                     {"triton", 188214640},
                                     {"nvidia-cusparselt-cu13", 169884119},
                                     {"nvidia-cusparse", 145942937},
                                     {"nvidia-cuda-nvrtc", 90215200},
                                     {"opencv-python", 73783032},
                                     {"nvidia-nvshmem-cu13", 60412546},
                                     {"nvidia-curand", 59544258},
                                     {"nvidia-nvjitlink", 40713933},
                                     {"scipy", 35349300},
                                     {"jupyterlab", 17334944},
                                     {"numpy", 16918164},
                                     {"transformers", 13549890},
                                     {"nvidia-cuda-cupti", 10715597},
                                     {"babel", 10196845},
                                     {"cuda-bindings", 8390178},
                                     {"torchvision", 7519925},
                                     {"pillow", 7140667},
                                     {"sympy", 6299353},
                                     {"debugpy", 5374857},
                                     {"nvidia-cuda-runtime", 2243632},
                                     {"pip", 1950951},
                                     {"nvidia-cufile", 1223672},
                                     {"pyzmq", 875050},
                                     {"tornado", 534470},
                                     {"nvidia-nvtx", 148047},
                                     {"cuda-toolkit", 2364}};

std::vector<LockedDistribution> locked(const std::vector<Row>& rows) {
    std::vector<LockedDistribution> out;
    for (const Row& row : rows) {
        LockedDistribution one;
        one.name = row.name;
        one.version = "1";
        one.size = row.size;
        out.push_back(one);
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
}

std::map<std::string, int> groups(const std::vector<LockedDistribution>& distributions) {
    std::map<std::string, int> out;
    for (const auto& one : distributions) out[one.name] = one.group;
    return out;
}

std::map<int, std::uint64_t> sizes(const std::vector<LockedDistribution>& distributions) {
    std::map<int, std::uint64_t> out;
    for (const auto& one : distributions) out[one.group] += one.size;
    return out;
}

std::vector<LockedDistribution> grouped(const std::vector<Row>& rows,
                                        const std::vector<LockedDistribution>& earlier = {}) {
    auto out = locked(rows);
    assign_groups(out, earlier);
    return out;
}

// 0 … n-1, each with a member.
void check_numbers(const std::vector<LockedDistribution>& distributions) {
    const auto all = sizes(distributions);
    int expected = 0;
    for (const auto& [group, size] : all) CHECK(group == expected++);
}

}  // namespace

TEST_CASE("torch's venv: the CUDA libraries in two layers, torch and other large ones alone, the rest by size") {
    const auto venv = grouped(torch_venv);
    check_numbers(venv);
    const auto at = groups(venv);
    const auto size = sizes(venv);
    for (const auto& [name, group] : at) {
        INFO(name);
        CHECK(name.starts_with("nvidia-") == (group <= 1));
    }
    CHECK(size.at(0) > 900'000'000);
    CHECK(size.at(1) > 900'000'000);
    for (const char* alone : {"torch", "triton", "opencv-python"})
        for (const auto& [name, group] : at) CHECK((group == at.at(alone)) == (name == alone));
    CHECK(at.at("torch") == 2);
    CHECK(at.at("scipy") == at.at("numpy"));
    CHECK(size.at(at.at("numpy")) <= 200'000'000);
    CHECK(at.at("pip") == at.at("tornado"));
    CHECK(size.at(at.at("pip")) <= 50'000'000);
    CHECK(size.size() == 7);
}

TEST_CASE("groups do not depend on the order of the list") {
    auto turned = locked(torch_venv);
    std::reverse(turned.begin(), turned.end());
    assign_groups(turned, {});
    CHECK(groups(turned) == groups(grouped(torch_venv)));
}

TEST_CASE("a small venv is one group, and nothing is none") {
    CHECK(sizes(grouped({{"six", 11050}, {"numpy", 16918164}})).size() == 1);
    std::vector<LockedDistribution> none;
    assign_groups(none, {});
    CHECK(none.empty());
}

TEST_CASE("an update moves nothing that stays") {
    const auto before = grouped(torch_venv);
    auto rows = torch_venv;
    for (Row& row : rows) {
        if (std::string(row.name) == "torch") row.size = 901'000'000;
        if (std::string(row.name) == "numpy") row.size = 17'000'000;
    }
    rows.push_back({"aiohttp", 1'700'000});            // small
    rows.push_back({"nvidia-cudss", 70'000'000});      // of a family with a group
    rows.push_back({"onnxruntime-gpu", 600'000'000});  // large enough for its own
    rows.push_back({"polars", 30'000'000});            // middle-sized
    const auto after = grouped(rows, before);
    check_numbers(after);
    auto at = groups(after);
    for (const auto& [name, group] : groups(before)) {
        INFO(name);
        CHECK(at.at(name) == group);
    }
    CHECK(at.at("aiohttp") == at.at("pip"));
    CHECK(at.at("nvidia-cudss") <= 1);
    CHECK(at.at("onnxruntime-gpu") == 7);
    CHECK(at.at("polars") == at.at("numpy"));
}

TEST_CASE("a small wheel never joins a large layer, and moves little when it changes") {
    // A lock of an earlier release: everything small of a 386 MB venv in one group.
    std::vector<Row> rows = {{"opencv-python", 73'000'000}, {"scipy", 35'000'000}, {"pyarrow", 45'000'000}};
    std::vector<std::string> names;
    for (int n = 0; n < 100; ++n) names.push_back("p" + std::to_string(n));
    for (const std::string& name : names) rows.push_back({name.c_str(), 2'330'000});
    auto before = locked(rows);
    for (auto& one : before) one.group = 0;
    rows.push_back({"six", 11'050});
    auto after = grouped(rows, before);
    CHECK(groups(after).at("six") == 1);
    CHECK(sizes(after).at(1) == 11'050);
    rows.push_back({"idna", 70'000});
    CHECK(groups(grouped(rows, after)).at("idna") == 1);
    // Without a lock, too, what one of them moves is small.
    const auto fresh = grouped(rows);
    for (const std::string& name : names) CHECK(sizes(fresh).at(groups(fresh).at(name)) <= 100'000'000);
    CHECK(sizes(fresh).size() <= 24);
}

TEST_CASE("a group without members is closed") {
    const auto before = grouped(torch_venv);
    auto rows = torch_venv;
    std::erase_if(rows, [](const Row& row) { return std::string(row.name) == "torch"; });
    const auto after = grouped(rows, before);
    check_numbers(after);
    CHECK(groups(after).at("numpy") == groups(before).at("numpy") - 1);
    CHECK(sizes(grouped({{"six", 11050}}, before)).size() == 1);
}

TEST_CASE("no group is larger than a layer should be, but for one that a single file makes") {
    std::vector<Row> rows;
    std::vector<std::string> names;
    for (int n = 0; n < 90; ++n) names.push_back("p" + std::to_string(n));
    for (const std::string& name : names) rows.push_back({name.c_str(), 40'000'000});
    rows.push_back({"giant", 2'600'000'000});
    const auto venv = grouped(rows);
    check_numbers(venv);
    CHECK(groups(venv).at("giant") == 0);
    for (const auto& [group, size] : sizes(venv))
        if (group != 0) CHECK(size <= 1'500'000'000);
    CHECK(sizes(venv).size() <= 24);
}
