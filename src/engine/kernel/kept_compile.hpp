// SPDX-License-Identifier: Apache-2.0
// What a compile made whose proof failed: kept for the next try, which may have another table of modules and need no
// other compile. Used by the kernel step alone. Named by the variant's key: the table is no part of that.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/step_context.hpp"

namespace tmplbuild {

class KeptCompile {
  public:
    explicit KeptCompile(const StepContext& context);
    // Moves it to the empty or missing folder `output` and gives its log; nothing: there is none.
    std::optional<std::string> take(const std::filesystem::path& output) const;
    // Best effort: without it the next try compiles again.
    void keep(const std::filesystem::path& output, const std::string& log) const;

  private:
    std::string name_;
    const Store& store_;
};

}  // namespace tmplbuild
