// SPDX-License-Identifier: Apache-2.0
// Files that nvcc made, as tests/e2e/device_code.sh lists them: a line each, with tabs between the path, what nvcc was
// asked for, and what NVIDIA's cuobjdump says. Hidden: only that script runs it.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "kernel/fatbin.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::kernel;

namespace {

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in.good());
    return {(std::istreambuf_iterator<char>(in)), {}};
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> out = split(text, ' ');
    std::erase(out, "");
    std::sort(out.begin(), out.end());
    return out;
}

// The inputs of a device link count only where nothing came out of one.
std::vector<std::string> ours(const DeviceCode& code) {
    const bool linked =
        std::any_of(code.cubins.begin(), code.cubins.end(), [](const Cubin& c) { return !c.relocatable; });
    std::vector<std::string> out;
    for (const Cubin& cubin : code.cubins)
        if (!cubin.relocatable || !linked)
            out.push_back((cubin.relocatable ? "object-" : "") + cubin.to_string() + ":" +
                          std::to_string(cubin.kernels));
    for (const Ptx& ptx : code.ptx)
        out.push_back(ptx.to_string() + ":" + ptx.isa.to_string() + ":" + std::to_string(ptx.kernels));
    std::sort(out.begin(), out.end());
    return out;
}

// What of ours cuobjdump tells too: "sm_100f:3" for "object-sm_100f:3", "compute_80:9.0" for "compute_80:9.0:3".
std::vector<std::string> as_cuobjdump(std::vector<std::string> all) {
    for (std::string& one : all) {
        if (one.starts_with("object-")) one.erase(0, 7);
        if (one.starts_with("compute_")) one.erase(one.rfind(':'));
    }
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace

TEST_CASE("what nvcc makes is read as what it was asked for and as cuobjdump reads it", "[.][device-code]") {
    const char* list = std::getenv("TMPLBUILD_DEVICE_CODE");
    REQUIRE(list != nullptr);
    int files = 0;
    for (const std::string& line : split(read(list), '\n')) {
        if (line.empty()) continue;
        const auto parts = split(line, '\t');
        REQUIRE(parts.size() == 3);
        INFO(parts[0]);
        ++files;
        const std::string bytes = read(parts[0]);
        const auto code = read_device_code(std::as_bytes(std::span(bytes)));
        REQUIRE(code);
        CHECK(code->unknown.empty());
        CHECK(ours(*code) == words(parts[1]));
        CHECK(as_cuobjdump(ours(*code)) == words(parts[2]));
    }
    CHECK(files >= 30);
}
