// SPDX-License-Identifier: Apache-2.0
#include "resolve/grouping.hpp"

#include <algorithm>
#include <map>
#include <set>

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

std::uint64_t locked_size(const std::string& name) {
    for (const Row& row : torch_venv)
        if (row.name == name) return row.size;
    return 0;
}

std::vector<LockedDistribution> locked(const std::vector<Row>& rows) {
    std::vector<LockedDistribution> out;
    for (const Row& row : rows) {
        LockedDistribution one;
        one.name = row.name;
        one.version = "1";
        one.size = row.size;
        one.sha256 = Sha256::of(one.name + std::to_string(row.size));
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
                                        const std::vector<LockedDistribution>& earlier = {}, std::size_t venvs = 1) {
    auto out = locked(rows);
    assign_groups(out, earlier, venvs);
    return out;
}

// By the names of its members, what a layer holds.
std::set<std::set<std::string>> layers(const std::vector<LockedDistribution>& distributions) {
    std::map<int, std::set<std::string>> by_group;
    for (const auto& one : distributions) by_group[one.group].insert(one.name + " " + one.version);
    std::set<std::set<std::string>> out;
    for (const auto& [group, members] : by_group) out.insert(members);
    return out;
}

// The sizes of the layers of `after` that are not layers of `before`, as a pull sees it.
std::vector<std::uint64_t> moved(const std::vector<LockedDistribution>& before,
                                 const std::vector<LockedDistribution>& after) {
    const auto there = layers(before);
    std::map<int, std::set<std::string>> by_group;
    std::map<int, std::uint64_t> size;
    for (const auto& one : after) {
        by_group[one.group].insert(one.name + " " + one.version);
        size[one.group] += one.size;
    }
    std::vector<std::uint64_t> out;
    for (const auto& [group, members] : by_group)
        if (!there.contains(members)) out.push_back(size[group]);
    return out;
}

LockedDistribution* find(std::vector<LockedDistribution>& distributions, const std::string& name) {
    for (LockedDistribution& one : distributions)
        if (one.name == name) return &one;
    return nullptr;
}

// 386 MB of wheels: JupyterLab, numpy, scipy and the like of November 2026, with 130 small ones.
struct MixedVenv {
    std::vector<std::string> names;
    std::vector<Row> rows = {{"opencv-python-headless", 61'204'038},
                             {"llvmlite", 59'696'588},
                             {"pyarrow", 55'016'622},
                             {"scipy", 35'349'300},
                             {"jupyterlab", 17'334'944},
                             {"numpy", 16'918'164},
                             {"transformers", 13'549'890},
                             {"pandas", 12'356'904},
                             {"statsmodels", 10'700'000},
                             {"babel", 10'196'845},
                             {"scikit-learn", 9'800'000},
                             {"matplotlib", 8'700'000},
                             {"pillow", 7'140'667},
                             {"sympy", 6'299'353},
                             {"debugpy", 5'374'857}};
    MixedVenv() {
        for (int n = 0; n < 130; ++n) names.push_back("p" + std::to_string(n));
        for (std::size_t n = 0; n < names.size(); ++n) rows.push_back({names[n].c_str(), 20'000 + 35'000 * (n % 23)});
    }
};

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
    for (const auto& [name, group] : at) {
        INFO(name);
        const bool is_larger = locked_size(name) > 13'000'000;
        if (group > 4 && !is_larger) CHECK(size.at(group) <= 13'000'000);
    }
    CHECK(size.size() == 16);
}

TEST_CASE("groups do not depend on the order of the list") {
    auto turned = locked(torch_venv);
    std::reverse(turned.begin(), turned.end());
    assign_groups(turned, {});
    CHECK(groups(turned) == groups(grouped(torch_venv)));
}

TEST_CASE("a small venv is one group, and nothing is none") {
    CHECK(sizes(grouped({{"six", 11050}, {"numpy", 1691816}})).size() == 1);
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
    CHECK(at.at("nvidia-cudss") <= 1);
    const int next = static_cast<int>(sizes(before).size());
    CHECK(at.at("onnxruntime-gpu") == next);  // the larger of two that fit nowhere comes first
    CHECK(at.at("polars") == next + 1);
    CHECK(sizes(after).at(at.at("aiohttp")) <= 7'500'000);
}

TEST_CASE("one more wheel moves one layer, and a small one moves 7.5 MB of wheels at most") {
    const MixedVenv venv;
    const auto before = grouped(venv.rows);
    check_numbers(before);
    CHECK(sizes(before).size() <= 24);
    for (const std::uint64_t size : {40'000ULL, 2'000'000ULL, 6'000'000ULL, 14'000'000ULL, 80'000'000ULL}) {
        auto rows = venv.rows;
        rows.push_back({"tabulate", size});
        const auto move = moved(before, grouped(rows, before));
        INFO(size);
        REQUIRE(move.size() == 1);
        CHECK(move[0] <= std::max<std::uint64_t>(size, 7'500'000));
    }
}

TEST_CASE("a wheel that is removed or changed moves its own layer alone") {
    const MixedVenv venv;
    const auto before = grouped(venv.rows);
    for (const char* name : {"p7", "pillow", "numpy", "pyarrow"}) {
        INFO(name);
        auto rows = venv.rows;
        std::erase_if(rows, [&](const Row& row) { return std::string(row.name) == name; });
        CHECK(moved(before, grouped(rows, before)).size() <= 1);
        auto after = locked(venv.rows);
        find(after, name)->version = "2";
        find(after, name)->sha256 = Sha256::of("other");
        find(after, name)->size += 100'000;
        assign_groups(after, before);
        CHECK(moved(before, after).size() == 1);
    }
}

TEST_CASE("many small wheels, added one after the other, stay in few layers that are all small") {
    const MixedVenv venv;
    auto rows = venv.rows;
    auto now = grouped(rows);
    std::vector<std::string> names;
    for (int n = 0; n < 200; ++n) names.push_back("q" + std::to_string(n));
    for (const std::string& name : names) {
        rows.push_back({name.c_str(), 300'000});
        const auto next = grouped(rows, now);
        const auto move = moved(now, next);
        REQUIRE(move.size() == 1);
        REQUIRE(move[0] <= 7'500'000);
        now = next;
    }
    check_numbers(now);
    CHECK(sizes(now).size() <= 32);
}

TEST_CASE("groups get larger where an image would have too many, with a lock and without") {
    std::vector<std::string> names;
    for (int n = 0; n < 300; ++n) names.push_back("p" + std::to_string(n));
    std::vector<Row> rows;
    for (const std::string& name : names) rows.push_back({name.c_str(), 14'000'000});
    for (const std::size_t venvs : {1U, 2U, 3U}) {
        INFO(venvs);
        auto now = grouped(rows, {}, venvs);
        check_numbers(now);
        CHECK(sizes(now).size() == 48 / venvs);
        for (const auto& [group, size] : sizes(now)) CHECK(size <= 14'000'000 * (300 * venvs / 48 + 1));
        auto more = rows;
        more.push_back({"one", 14'000'000});
        const auto after = grouped(more, now, venvs);
        CHECK(sizes(after).size() == 48 / venvs);
        CHECK(moved(now, after).size() == 1);
        // A changed one stays where it is, large as its layer may be: there is no other place for it.
        auto changed = locked(rows);
        find(changed, "p5")->sha256 = Sha256::of("other");
        assign_groups(changed, now, venvs);
        CHECK(groups(changed) == groups(now));
    }
}

TEST_CASE("a small wheel never joins a large layer of an earlier release's lock, and a changed one leaves it") {
    const MixedVenv venv;
    auto before = locked(venv.rows);  // everything in one group
    auto rows = venv.rows;
    rows.push_back({"six", 11'050});
    auto after = grouped(rows, before);
    CHECK(groups(after).at("six") == 1);
    CHECK(sizes(after).at(1) == 11'050);
    rows.push_back({"idna", 70'000});
    CHECK(groups(grouped(rows, after)).at("idna") == 1);
    auto changed = locked(venv.rows);
    find(changed, "scipy")->sha256 = Sha256::of("other");
    find(changed, "p3")->sha256 = Sha256::of("other");
    assign_groups(changed, before);
    CHECK(groups(changed).at("scipy") == 1);  // its own: the old group is packed again in any case
    CHECK(groups(changed).at("p3") == 0);     // small: it would only make another layer move
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
    CHECK(sizes(venv).size() <= 48);
}
