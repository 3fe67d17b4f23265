// SPDX-License-Identifier: Apache-2.0
#include "base/python_text.hpp"

#include "base/text.hpp"

namespace tmplbuild {

std::string assigned_text(std::string_view text, std::string_view name) {
    for (const std::string& line : split(text, '\n')) {
        if (!line.starts_with(name) || line.size() <= name.size()) continue;
        const std::size_t equals = line.find('=');
        const char after = line[name.size()];
        if (equals == std::string::npos || (after != ' ' && after != ':' && after != '=')) continue;
        const std::string_view value = trim(std::string_view(line).substr(equals + 1));
        if (value.size() >= 2 && (value.front() == '\'' || value.front() == '"') && value.back() == value.front())
            return std::string(value.substr(1, value.size() - 2));
    }
    return {};
}

std::string plain_version(std::string_view text) {
    std::string out = to_lower(trim(text));
    while (out.ends_with(".0")) out.resize(out.size() - 2);
    return out;
}

}  // namespace tmplbuild
