// SPDX-License-Identifier: Apache-2.0
// Any text as a workflow: each model that it needs has a name that stays below its folder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "catalogue/folders.hpp"
#include "catalogue/workflow.hpp"

using namespace tmplbuild;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto needs = catalogue::read_workflow({reinterpret_cast<const char*>(data), size}, "fuzz");
    if (!needs) return needs.error().message.empty() ? (std::abort(), 0) : 0;
    for (const auto& model : needs->models) {
        std::string hint;
        if (catalogue::problem_of_file_name(model.name)) std::abort();
        if (!model.directory.empty() && catalogue::problem_of_directory(model.directory, hint)) std::abort();
    }
    return 0;
}
