// SPDX-License-Identifier: Apache-2.0
#include "base/layout_name.hpp"

#include "base/text.hpp"

namespace tmplbuild {

static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// component ::= alphanum (separator alphanum)*, separator ::= [-._:@+] | "--"
static bool is_component(std::string_view text) {
    std::string_view separator;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t begin = i;
        while (i < text.size() && is_alphanumeric(text[i])) ++i;
        if (i == begin) return false;
        if (i == text.size()) return true;
        const std::size_t end = i;
        while (i < text.size() && !is_alphanumeric(text[i])) ++i;
        separator = text.substr(end, i - end);
        if (separator != "--" &&
            (separator.size() != 1 || std::string_view("-._:@+").find(separator) == separator.npos))
            return false;
    }
    return false;
}

bool is_layout_tag(std::string_view text) {
    for (const std::string& component : split(text, '/'))
        if (!is_component(component)) return false;
    return true;
}

Result<LayoutName> LayoutName::parse(std::string_view text) {
    const std::size_t colon = text.find(':');
    LayoutName name{std::string(text.substr(0, colon)), ""};
    if (name.path.empty()) return usage_error("the image's path is empty");
    if (name.path.find('\0') != std::string::npos) return usage_error("the image's path has a NUL byte");
    if (colon == std::string_view::npos) return name;
    name.tag = text.substr(colon + 1);
    if (name.tag.empty()) return usage_error("the tag after ':' is empty");
    if (!is_layout_tag(name.tag))
        return usage_error("'" + name.tag + "' is no tag",
                           "a tag is letters and digits with single '-', '.', '_', ':', '@', '+' or '/' between them");
    return name;
}

}  // namespace tmplbuild
