// SPDX-License-Identifier: Apache-2.0
// Keeps the output of a compile whose proof failed for the next try: that may have another table of modules, and needs
// no other compile. Used by the kernel step. Named by the variant's key, of which the table is no part.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/step_context.hpp"

namespace tmplbuild {

class KeptCompile {
  public:
    explicit KeptCompile(const StepContext& context);
    // Moves it to the empty or missing folder `output` and returns its log; none where nothing was kept.
    std::optional<std::string> take(const std::filesystem::path& output) const;
    // Failures are ignored: without it, the next try compiles again.
    void keep(const std::filesystem::path& output, const std::string& log) const;

  private:
    std::string name_;
    const Store& store_;
};

}  // namespace tmplbuild
