// SPDX-License-Identifier: Apache-2.0
// The smaller tables of a kernel recipe: toolchain, Python package, torch, run-time needs, refused GPUs, fallback,
// self-test. Used by read_kernel.cpp. Each reports what is wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "template/fields.hpp"
#include "template/kernel_recipe.hpp"

namespace tmplbuild {

// Reads "8.9"; anything else is reported at `pos` and gives none.
std::optional<kernel::Capability> read_capability(const std::string& text, const SourcePos& pos, Report& report);
// Reads "12.8"; empty when absent or wrong.
std::string read_cuda_version(TableReader& table, std::string_view key);

inline constexpr const char* python_version_hint = "as PEP 440 has them: \"1.0.0\", \"2.1rc1\", \"1.0.post2+cu130\"";

// To be called after [build] and [[arch]] were read, since some of these tables are checked against them.
void read_kernel_tables(TableReader& top, KernelRecipe& recipe, Report& report);

}  // namespace tmplbuild
