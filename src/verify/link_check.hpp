// SPDX-License-Identifier: Apache-2.0
// The link proof of one variant in one Python of the image: what the process has loaded when it imports the modules,
// and whether every library and symbol is found. It also judges file names, run paths and versions. Used by verify.cpp.
// Never loads anything.
#pragma once

#include <string>
#include <vector>

#include "verify/loader.hpp"
#include "verify/python_view.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

struct LinkedModule {
    std::string path;                            // in the image, without a leading slash
    std::string file;                            // relative to the variant
    const kernel::ModuleFacts* facts = nullptr;  // of its bytes
};

struct LinkResult {
    std::size_t symbols = 0;
    std::vector<Finding> findings;
};

// `python` may be nullptr: in an image without Python, programs load the modules by themselves. `torch_built` is the
// torch that the variant was compiled against; empty: not known.
LinkResult check_links(const RootView& view, const PythonView* python, const std::vector<LinkedModule>& modules,
                       const std::string& torch_built, const std::string& library_path);

}  // namespace tmplbuild
