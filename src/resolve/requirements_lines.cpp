// SPDX-License-Identifier: Apache-2.0
#include "resolve/requirements_lines.hpp"

#include <map>

#include "base/text.hpp"

namespace tmplbuild {

// A '#' at the start of a line or after white space begins a comment.
static std::string_view without_comment(std::string_view line) {
    for (std::size_t at = 0; (at = line.find('#', at)) != std::string_view::npos; ++at)
        if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return trim(line.substr(0, at));
    return trim(line);
}

std::vector<RequirementsLine> logical_lines(std::string_view text) {
    std::vector<RequirementsLine> out;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
    RequirementsLine line;
    unsigned number = 0;
    for (const std::string& raw : split(text, '\n')) {
        ++number;
        if (line.text.empty()) line.number = number;
        std::string_view bare = trim(raw);
        const bool goes_on = bare.ends_with('\\') && !bare.starts_with('#');
        if (goes_on) bare.remove_suffix(1);
        line.text.append(bare);
        if (goes_on) {
            line.text += ' ';
            continue;
        }
        out.push_back({std::string(without_comment(line.text)), line.number});
        line.text.clear();
    }
    if (!line.text.empty()) out.push_back({std::string(without_comment(line.text)), line.number});
    std::erase_if(out, [](const RequirementsLine& one) { return one.text.empty(); });
    return out;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> out;
    char quote = 0;
    bool inside = false;
    for (const char c : text) {
        if (quote != 0 ? c == quote : c == '"' || c == '\'') {
            quote = quote != 0 ? '\0' : c;
            if (!inside) out.emplace_back();
            inside = true;
        } else if (quote == 0 && (c == ' ' || c == '\t')) {
            inside = false;
        } else {
            if (!inside) out.emplace_back();
            inside = true;
            out.back() += c;
        }
    }
    return out;
}

std::string option_of(const std::string& word) {
    return word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

std::string long_name(const std::string& option) {
    static const std::map<std::string, std::string> names = {
        {"-r", "--requirement"}, {"-c", "--constraint"}, {"-i", "--index-url"},      {"--pypi-url", "--index-url"},
        {"-f", "--find-links"},  {"-e", "--editable"},   {"-C", "--config-settings"}};
    const auto found = names.find(option);
    return found == names.end() ? option : found->second;
}

std::string refused_option(const std::string& option) {
    static const std::map<std::string, std::string> why = {
        {"--trusted-host",
         "a host without a certificate is this machine's affair: set it as trusted-host in pip's "
         "configuration"},
        {"--use-feature", "it changes how pip works and not what is installed: leave it out"},
        {"--config-settings", "build a wheel with it once, and require that wheel by its path or address"},
        {"--global-option", "build a wheel with it once, and require that wheel by its path or address"},
        {"--hash", "it stands behind the requirement that it belongs to, on the same line"}};
    const auto found = why.find(option);
    return found == why.end() ? "pip's requirements files have no such option: leave it out" : found->second;
}

}  // namespace tmplbuild
