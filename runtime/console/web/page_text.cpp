// SPDX-License-Identifier: Apache-2.0
#include "console/web/page_text.hpp"

namespace tmplbuild::console {

std::string html_escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string script_escaped(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
        const std::string_view rest = json.substr(i);
        if (rest[0] == '<') {
            out += "\\u003c";
        } else if (rest[0] == '>') {
            out += "\\u003e";
        } else if (rest[0] == '&') {
            out += "\\u0026";
        } else if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) {
            out += rest[2] == '\xa8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            out += rest[0];
        }
    }
    return out;
}

std::string filled_page(std::string_view page, const std::map<std::string, std::string>& values,
                        std::string_view state) {
    std::string out;
    out.reserve(page.size() + state.size());
    while (!page.empty()) {
        const std::size_t begin = page.find("{{");
        const std::size_t end = begin == std::string_view::npos ? begin : page.find("}}", begin);
        if (end == std::string_view::npos) break;
        out += page.substr(0, begin);
        const std::string name(page.substr(begin + 2, end - begin - 2));
        if (name == "state")
            out += script_escaped(state);
        else if (const auto found = values.find(name); found != values.end())
            out += html_escaped(found->second);
        page.remove_prefix(end + 2);
    }
    return out += page;
}

}  // namespace tmplbuild::console
