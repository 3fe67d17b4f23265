// SPDX-License-Identifier: Apache-2.0
// Makes nvcc compile for one arch and no other, whatever a project's build script asks for: projects with hard-coded
// -gencode lists compile for eight GPUs where one variant is wanted, and some of their code cannot be assembled for all
// of them. Pure functions over nvcc's arguments; main.cpp is the program that stands in front of the toolchain's nvcc.
// Spellings: "NVIDIA CUDA Compiler Driver" 13.0, "GPU Code Generation"; each was tried with nvcc 13.0.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild::nvccfront {

// "89", "90a", "120f": what stands behind sm_.
bool is_arch_number(std::string_view text);

// Options files (-optf) may name archs too. The caller reads and stores them, so that the rewriting itself touches no
// file.
struct OptionsFiles {
    // None: the file cannot be read, and is left to nvcc.
    std::function<std::optional<std::string>(const std::string& file)> read;
    std::function<std::string(const std::string& text)> keep;  // stores a text, returns its file's name
};

struct Rewritten {
    std::vector<std::string> arguments;
    // Options that were taken out, as they stood, one each ("-gencode arch=compute_80,code=sm_80"). Empty: `arguments`
    // asked for the one arch already, or for none.
    std::vector<std::string> removed;
    bool added = false;  // the one arch was put in: in place of the first removed option, else in front
};
// `arguments` come without the program's name. The result has exactly one arch option, for sm_<number>, machine code
// and no PTX; LTO code stays LTO code. Questions such as --version stay unchanged, and so does what is passed on to
// other programs (-Xcompiler -march=native, -Xptxas …).
Rewritten rewrite_arguments(const std::vector<std::string>& arguments, std::string_view number,
                            const OptionsFiles& files);

struct RewrittenText {
    std::string text;  // the rest, byte for byte
    std::vector<std::string> removed;
};
// The value of NVCC_PREPEND_FLAGS or NVCC_APPEND_FLAGS, or an options file, without its arch options.
RewrittenText remove_arch_options(const std::string& text);

}  // namespace tmplbuild::nvccfront
