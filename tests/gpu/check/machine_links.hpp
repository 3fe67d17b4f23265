// SPDX-License-Identifier: Apache-2.0
// The link proof of `verify`, over this machine's own files in place of an image's: would the dynamic linker find every
// library and symbol of modules that were compiled here, in the Python that has torch? Used by gpu-check's main alone.
// Never starts or loads anything.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace tmplbuild::gpucheck {

struct MachinePython {
    std::string interpreter;                 // "/usr/bin/python3.12", links followed
    std::string name;                        // "python3.12"
    std::string torch;                       // "2.11.0+cu130", as torch says it
    std::vector<std::string> site_packages;  // where torch and what it needs lie
    std::string library_path;                // LD_LIBRARY_PATH; may be empty
};

// {"symbols":412,"findings":[{"weight":"wrong","where":…,"message":…}]}
Result<json::object> check_machine_links(const MachinePython& python, const std::string& folder,
                                         const std::vector<std::string>& modules);

}  // namespace tmplbuild::gpucheck
