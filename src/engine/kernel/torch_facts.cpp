// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/torch_facts.hpp"

#include "base/python_text.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

// torch/version.py is generated and only holds plain assignments.
Result<json::object> torch_facts(const std::filesystem::path& root, const std::string& site_packages,
                                 const std::string& venv) {
    auto beneath = sys::Beneath::open(root, sys::Outside::is_root);
    if (!beneath) return beneath.error();
    auto text = beneath->read_file(site_packages + "/torch/version.py", 1 << 20);
    if (!text) return text.error();
    json::object out;
    for (const auto& [fact, variable] :
         {std::pair{"version", "__version__"}, std::pair{"git_version", "git_version"}}) {
        const std::string value = assigned_text(*text, variable);
        if (value.empty())
            return build_error("torch/version.py in '" + venv + "' does not say its " + fact,
                               "use a torch from a package index");
        out[fact] = value;
    }
    return out;
}

}  // namespace tmplbuild
