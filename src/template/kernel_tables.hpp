// SPDX-License-Identifier: Apache-2.0
// The smaller tables of a kernel recipe: toolchain, Python package, torch, run-time needs, refused GPUs, fallback,
// self-test. Used by read_kernel.cpp and nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "template/fields.hpp"
#include "template/kernel_recipe.hpp"

namespace tmplbuild {

// "8.9"; nullopt, reported at `pos`, when it is none.
std::optional<kernel::Capability> read_capability(const std::string& text, const SourcePos& pos, Report& report);
// "12.8", or empty when absent or wrong.
std::string read_cuda_version(TableReader& table, std::string_view key);

inline constexpr const char* python_version_hint = "as PEP 440 has them: \"1.0.0\", \"2.1rc1\", \"1.0.post2+cu130\"";

// After [build] and [[arch]], which some of them are checked against.
void read_kernel_tables(TableReader& top, KernelRecipe& recipe, Report& report);

}  // namespace tmplbuild
