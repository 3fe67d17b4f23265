// SPDX-License-Identifier: Apache-2.0
// The layers of an image with a kernel, made in memory from ELF files of the tests' own: a base with libc and Python, a
// venv with a torch, and the kernel's module. Used by fake_image.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernel/make_device_code.hpp"

namespace tmplbuild::fake {

namespace make = kernel::make;

struct File {
    std::string content;
    std::uint32_t mode = 0644;
    bool is_link = false;
};
using Layer = std::map<std::string, File>;

inline File library(const make::Library& spec) { return {make::shared_object(spec), 0755}; }
inline File link_to(const std::string& target) { return {target, 0777, true}; }

// A module with machine code and PTX of these archs.
struct Module {
    make::Library library;
    std::vector<make::CubinSpec> cubins = {{89}};
    std::vector<std::string> ptx{};

    std::string bytes() const {
        std::vector<std::string> entries;
        for (const make::CubinSpec& cubin : cubins)
            entries.push_back(make::entry({2, cubin.sm, 0x11, make::cubin(cubin)}));
        for (const std::string& target : ptx)
            entries.push_back(make::entry({1, std::stoi(target.substr(3)), 0x11, make::ptx(target)}));
        make::Library out = library;
        out.more.push_back({".nv_fatbin", 1, make::container(entries), 0, 0});
        out.more.push_back({".nvFatBinSegment", 1, std::string(24, '\1'), 0, 0});
        return make::shared_object(out);
    }
};

inline const std::string variant_folder = "opt/tmplbuild/kernels/tiny/0123456789abcdef0123456789abcdef";
inline const std::string site = "opt/venv/lib/python3.11/site-packages";

inline Layer base_layer() {
    return {{"usr/lib/x86_64-linux-gnu/libc.so.6",
             library({"libc.so.6",
                      {},
                      nullptr,
                      nullptr,
                      {{"malloc", true, "GLIBC_2.2.5"}, {"arc4random", true, "GLIBC_2.36"}},
                      {}})},
            {"usr/bin/python3.11", library({"", {"libc.so.6"}, nullptr, nullptr, {{"PyList_New", true}}, {}})},
            {"usr/bin/python3", link_to("python3.11")},
            {"etc/ld.so.conf", {"include /etc/ld.so.conf.d/*.conf\n"}},
            {"etc/ld.so.conf.d/own.conf", {"# own\n/opt/own/lib\n"}},
            {"opt/own/lib/libown.so.2", library({"libown.so.2", {}, nullptr, nullptr, {{"own_call", true}}, {}})}};
}

inline Layer venv_layer() {
    const std::string lib = site + "/torch/lib/";
    return {
        {"opt/venv/pyvenv.cfg", {"home = /usr/bin\nversion = 3.11.2\n"}},
        {"opt/venv/bin/python", link_to("/usr/bin/python3")},
        {site + "/zz_tmplbuild_kernels.pth", {"import sys; sys.path[:0] = ['/run/tmplbuild/kernels/tiny/active']\n"}},
        {site + "/torch-2.11.0.dist-info/METADATA", {"Metadata-Version: 2.1\nName: torch\nVersion: 2.11.0\n\ntext\n"}},
        {site + "/triton-3.6.0.dist-info/METADATA", {"Name: triton\nVersion: 3.6.0\n"}},
        {site + "/torch/_C.cpython-311-x86_64-linux-gnu.so",
         library({"", {"libtorch_python.so"}, "$ORIGIN/lib", nullptr, {{"PyInit__C", true}}, {}})},
        {lib + "libtorch_python.so",
         library({"libtorch_python.so", {"libtorch.so", "libc10.so"}, nullptr, "$ORIGIN", {{"THPEngine", true}}, {}})},
        {lib + "libtorch.so", library({"libtorch.so", {"libc10.so"}, nullptr, nullptr, {}, {}})},
        {lib + "libc10.so", library({"libc10.so", {"libc.so.6"}, nullptr, "$ORIGIN", {{"_ZN3c104goodEv", true}}, {}})},
        {lib + "libtorch_global_deps.so",
         library({"libtorch_global_deps.so", {"libcudart.so.13"}, nullptr, "$ORIGIN/../../nvidia/cu13/lib", {}, {}})},
        {site + "/nvidia/cu13/lib/libcudart.so.13",
         library({"libcudart.so.13", {"libc.so.6"}, nullptr, nullptr, {{"cudaMalloc", true, "libcudart.so.13"}}, {}})}};
}

inline Module good_module() {
    Module module;
    module.library.soname = "_a.so";
    module.library.needed = {"libc10.so", "libcudart.so.13", "libc.so.6"};
    module.library.symbols = {{"_ZN3c104goodEv", false},
                              {"PyList_New", false},
                              {"cudaMalloc", false, "libcudart.so.13", "libcudart.so.13"},
                              {"malloc", false, "GLIBC_2.2.5", "libc.so.6"},
                              {"optional", false, "", "", true},
                              {"PyInit__a", true}};
    return module;
}

}  // namespace tmplbuild::fake
