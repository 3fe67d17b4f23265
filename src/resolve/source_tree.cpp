// SPDX-License-Identifier: Apache-2.0
#include "resolve/source_tree.hpp"

#include <algorithm>
#include <vector>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "template/requirement.hpp"

namespace tmplbuild {

namespace {

constexpr std::string_view git_prefix = "git+";

// A text in which no option, no quote and no separator can hide.
bool is_plain_text(std::string_view text) {
    return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) > ' ' && c != 0x7f &&
               std::string_view("\"'`\\<>{}|^&#").find(c) == std::string_view::npos;
    });
}

bool take_part(std::string_view part, SourceTree& tree) {
    const std::size_t sign = part.find('=');
    const std::string_view key = part.substr(0, sign);
    const std::string value(sign == std::string_view::npos ? "" : part.substr(sign + 1));
    if (key == "rev")
        tree.named = value;
    else if (key == "subdirectory")
        tree.subdirectory = value;
    else if (part == "submodules=no")
        tree.submodules = false;
    else if (part == "lfs=pointers")
        tree.lfs_pointers = true;
    else
        return false;
    if (key == "subdirectory") return is_inner_path(value) && is_plain_text(value);
    return is_plain_text(value);
}

}  // namespace

std::string SourceTree::to_string() const {
    std::vector<std::string> parts;
    if (!named.empty()) parts.push_back("rev=" + named);
    if (!subdirectory.empty()) parts.push_back("subdirectory=" + subdirectory);
    if (is_commit() && !submodules) parts.emplace_back("submodules=no");
    if (is_commit() && lfs_pointers) parts.emplace_back("lfs=pointers");
    const std::string plain = url.starts_with("ssh://") ? url : without_user(url);
    return (is_commit() ? std::string(git_prefix) + plain + "@" + commit : folder + "/") +
           (parts.empty() ? "" : "#" + join(parts, "&"));
}

std::optional<SourceTree> SourceTree::parse(std::string_view source) {
    const std::size_t fragment = source.find('#');
    std::string_view place = source.substr(0, fragment);
    SourceTree tree;
    if (place.starts_with(git_prefix)) {
        const std::size_t at = place.rfind('@');
        if (at == std::string_view::npos) return std::nullopt;
        tree.url = place.substr(git_prefix.size(), at - git_prefix.size());
        tree.commit = place.substr(at + 1);
        if (!is_address(tree.url, git_schemes()) || !is_hex(tree.commit, 40)) return std::nullopt;
    } else {
        if (!place.ends_with('/') || place.find("://") != std::string_view::npos) return std::nullopt;
        place.remove_suffix(1);
        if (!is_inner_path(place)) return std::nullopt;
        tree.folder = place;
    }
    if (fragment == std::string_view::npos) return tree;
    for (const std::string& part : split(source.substr(fragment + 1), '&'))
        if (!take_part(part, tree)) return std::nullopt;
    return tree;
}

std::string SourceTree::scm_version() const {
    std::string_view tag = named;
    // "v1.2", "release-1.2": the part before the number names the project or says that it is a version.
    if (const std::size_t digit = tag.find_first_of("0123456789");
        digit != std::string_view::npos && (digit == 0 || tag[digit - 1] == 'v' || tag[digit - 1] == '-')) {
        tag.remove_prefix(digit);
        if (tag.find('.') != std::string_view::npos && is_plain_python_version(tag)) return std::string(tag);
    }
    return is_commit() ? "0.0+g" + commit.substr(0, 7) : "0.0";
}

std::string SourceTree::shown() const {
    const std::string where = subdirectory.empty() ? "" : ", folder " + subdirectory;
    return (is_commit() ? without_user(url) + " at " + commit.substr(0, 12) : "./" + folder) + where;
}

}  // namespace tmplbuild
