// SPDX-License-Identifier: Apache-2.0
// What a kernel's recipe says that it needs at run time, looked for in the image. Used by `verify` and, through it, by
// every build: without a compiler a kernel that compiles at its first use falls back without a word. Never runs a
// program of the image.
#pragma once

#include <string>
#include <vector>

#include "kernel/runtime_need.hpp"
#include "verify/loader.hpp"
#include "verify/python_view.hpp"

namespace tmplbuild {

struct MissingNeed {
    kernel::RuntimeNeed need;
    std::string what;  // "there is no assembler (as)"
    std::string hint;  // which package to add
};

struct NeedPlace {
    const RootView& view;
    const PythonView* python = nullptr;  // nullptr: there is none
    std::string path;                    // the image's PATH
    std::string library_path;            // and its LD_LIBRARY_PATH
};

std::vector<MissingNeed> missing_needs(const std::vector<kernel::RuntimeNeed>& needs, const NeedPlace& place);

}  // namespace tmplbuild
