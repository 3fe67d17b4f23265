// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/torch_facts.hpp"

#include "base/text.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

// 'x' of a line `name = 'x'` or `name: annotation = "x"`; empty: there is none.
static std::string assigned_text(const std::string& text, const std::string& name) {
    for (const std::string& line : split(text, '\n')) {
        const std::size_t equals = line.find('=');
        if (equals == std::string::npos || !line.starts_with(name)) continue;
        if (const char after = line[name.size()]; after != ' ' && after != ':' && after != '=') continue;
        const std::string_view value = trim(std::string_view(line).substr(equals + 1));
        if (value.size() >= 2 && (value[0] == '\'' || value[0] == '"') && value.back() == value[0])
            return std::string(value.substr(1, value.size() - 2));
    }
    return {};
}

// torch/version.py is generated and holds plain assignments.
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
