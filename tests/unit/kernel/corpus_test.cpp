// SPDX-License-Identifier: Apache-2.0
// Every input of the fuzz corpus, whole and cut at every eighth byte, through the readers: the seeds say what they
// hold, and an input that once failed stays fixed.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kernel/fatbin.hpp"
#include "kernel/layer_index.hpp"
#include "support/catch.hpp"

using namespace tmplbuild::kernel;
namespace fs = std::filesystem;

namespace {

const fs::path corpus = fs::path(TEST_DATA) / "fuzz/corpus";

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {(std::istreambuf_iterator<char>(in)), {}};
}

// "sm_90a compute_80 ?": everything that a run of containers holds, in order.
std::string contents(const fs::path& file) {
    const std::string bytes = read(file);
    DeviceCode code;
    read_containers(std::as_bytes(std::span(bytes)), false, {}, code);
    std::string out;
    for (const Cubin& c : code.cubins)
        out += c.to_string() + (c.relocatable ? "-object" : "") +
               (c.zstd         ? "-zstd"
                : c.compressed ? "-lz4"
                               : "") +
               "-" + std::to_string(c.kernels) + " ";
    for (const Ptx& p : code.ptx)
        out += p.to_string() + "-" + p.isa.to_string() + "-" + std::to_string(p.kernels) + " ";
    for (std::size_t i = 0; i < code.unknown.size(); ++i) out += "? ";
    return out;
}

}  // namespace

TEST_CASE("the seeds that nvcc made are read as what they were made for") {
    CHECK(contents(corpus / "fatbin/nvcc-90a-plain") == "sm_90a-1 ");
    CHECK(contents(corpus / "fatbin/nvcc-100f-zstd") == "sm_100f-zstd-1 ");
    CHECK(contents(corpus / "fatbin/nvcc-80-lz4") == "sm_80-lz4-1 compute_80-9.0-1 ");
    CHECK(contents(corpus / "fatbin/nvcc-compute-120a") == "compute_120a-9.0-1 ");
    CHECK(contents(corpus / "fatbin/nvcc-device-linked") == "sm_90a-zstd-2 ");
    CHECK(contents(corpus / "fatbin/nvcc-relocatable") == "sm_90a-object-zstd-1 sm_90a-object-zstd-1 ");
    CHECK(contents(corpus / "fatbin/nvcc-lto") == "? ");
    const std::string module = read(corpus / "elf/nvcc-module");
    const auto code = read_device_code(std::as_bytes(std::span(module)));
    REQUIRE(code);
    CHECK((code->ptx.size() == 1 && code->ptx[0].to_string() == "compute_75" && code->unknown.empty()));
}

TEST_CASE("the seeds of a layer's index are read as what they were made for") {
    const std::string whole = read(corpus / "index/made-whole");
    const auto index = LayerIndex::open(std::as_bytes(std::span(whole)));
    REQUIRE(index);
    CHECK(index->exports("f").size() == 2);
    CHECK(index->exports("cuInit").empty());  // of a library that the index does not list
    CHECK(index->elf_at("usr/lib/same") == index->elf_at("usr/lib/libf.so.1"));
    CHECK(index->find("odd\nname"));
    const std::string other = read(corpus / "index/made-deletes");
    const auto deletes = LayerIndex::open(std::as_bytes(std::span(other)));
    REQUIRE(deletes);
    CHECK(deletes->is_opaque("new"));
    CHECK_FALSE(deletes->find("a"));  // its line is none of ours
    CHECK(deletes->exports("f").empty());
}

TEST_CASE("no input of the fuzz corpus does harm") {
    const auto read_all = [](const std::string& whole, std::size_t size) {
        // A copy of exactly this size, so that the address sanitizer sees one byte too many.
        const std::vector<char> bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        const auto view = std::as_bytes(std::span(bytes));
        DeviceCode code;
        read_containers(view, false, {1 << 20, 4 << 20, 100}, code);
        (void)read_elf(view);
        (void)read_device_code(view, {1 << 20, 4 << 20, 100});
        if (const auto index = LayerIndex::open(view)) (void)index->children("");
    };
    int files = 0;
    for (const auto& file : fs::recursive_directory_iterator(corpus)) {
        if (!file.is_regular_file()) continue;
        ++files;
        const std::string whole = read(file.path());
        for (std::size_t size = 0; size < whole.size(); size += 8) read_all(whole, size);
        read_all(whole, whole.size());
    }
    CHECK(files >= 13);
}
