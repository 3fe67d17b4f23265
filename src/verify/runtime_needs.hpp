// SPDX-License-Identifier: Apache-2.0
// Looks in the image for what a kernel's recipe needs at run time. Used by verify.cpp, and so by every build: without a
// compiler, a kernel that compiles at its first use falls back to slower code without any message. Never runs a program
// of the image.
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
