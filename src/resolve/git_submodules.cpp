// SPDX-License-Identifier: Apache-2.0
#include "resolve/git_submodules.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

bool is_relative(std::string_view url) { return url.starts_with("./") || url.starts_with("../"); }

// Names that HFS+ and NTFS open as ".git" are refused everywhere, since the tree may be copied there (git's
// CVE-2014-9390).
bool is_dot_git(std::string_view part) {
    std::string plain = to_lower(part.substr(0, part.find(':')));
    while (!plain.empty() && (plain.back() == ' ' || plain.back() == '.')) plain.pop_back();
    for (std::string_view ignored : {"\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d",
                                     "\u202e", "\u206a", "\u206b", "\u206c", "\u206d", "\u206e", "\u206f", "\ufeff"})
        for (std::size_t at; (at = plain.find(ignored)) != std::string::npos;) plain.erase(at, ignored.size());
    return plain == ".git" || plain == "git~1";
}

Error bad_url(const std::string& url, const std::string& why) {
    return build_error("the repository's .gitmodules names the address '" + url + "': " + why,
                       "a submodule is fetched as `git clone --recurse-submodules` would, from a server; what it needs "
                       "from elsewhere can be a `git` layer of its own");
}

// Checks an address: the part after "scheme://", or the whole of host:path.
Result<void> check_host(const std::string& url, std::string_view host, std::string_view path) {
    if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
        if (host.starts_with('-')) return bad_url(url, "the user begins with '-'");
        host.remove_prefix(at + 1);
    }
    if (host.empty()) return bad_url(url, "it names no host");
    if (host.front() == '-') return bad_url(url, "the host begins with '-'");
    if (path.starts_with('-')) return bad_url(url, "the path begins with '-'");
    return {};
}

Result<void> check_url(const std::string& url) {
    if (url.empty()) return bad_url(url, "it is empty");
    if (url.front() == '-') return bad_url(url, "it would be an option");
    // A line end, encoded or not, could add a second field for a credential helper (git's CVE-2020-5260).
    const std::string lower = to_lower(url);
    const bool control =
        std::any_of(url.begin(), url.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
    if (control || lower.find("%0a") != std::string::npos || lower.find("%0d") != std::string::npos)
        return bad_url(url, "it holds a control character");
    const std::size_t colon = url.find(':'), slash = url.find('/');
    if (colon == std::string::npos || slash < colon) return bad_url(url, "it is a path of this machine");
    if (url.compare(colon, 3, "://") != 0) {  // ssh's form user@host:path
        if (url.compare(colon, 2, "::") == 0) return bad_url(url, "it asks for a helper program");
        return check_host(url, std::string_view(url).substr(0, colon), std::string_view(url).substr(colon + 1));
    }
    static constexpr std::array<std::string_view, 6> schemes = {"https", "http", "ssh", "git", "git+ssh", "ssh+git"};
    const std::string scheme = lower.substr(0, colon);
    if (scheme == "file") return bad_url(url, "it is a path of this machine");
    if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end())
        return bad_url(url, "'" + scheme + "' is none of https, http, ssh and git");
    const std::size_t begin = colon + 3, end = std::min(url.find_first_of("/?#", begin), url.size());
    std::string_view path = std::string_view(url).substr(end);
    while (path.starts_with('/')) path.remove_prefix(1);
    return check_host(url, std::string_view(url).substr(begin, end - begin), path);
}

// Joins addresses as git does (gitsubmodules(7)): each "../" removes the last part.
Result<std::string> joined(const std::string& text, const std::string& parent) {
    std::string base = parent;
    const std::size_t scheme = base.find("://");
    const std::size_t authority = scheme == std::string::npos ? 0 : scheme + 3;
    while (base.size() > authority && base.back() == '/') base.pop_back();
    std::string_view rest = text;
    char separator = '/';
    while (is_relative(rest)) {
        const bool up = rest.starts_with("../");
        rest.remove_prefix(up ? 3 : 2);
        if (!up) continue;
        const std::size_t cut = base.find_last_of(scheme == std::string::npos ? "/:" : "/");
        if (cut == std::string::npos || cut < authority)  // the server's name may not be removed
            return bad_url(text, "it climbs above the server of '" + parent + "'");
        separator = base[cut];
        base.resize(cut);
    }
    return base + separator + std::string(rest);
}

}  // namespace

Result<std::map<std::string, std::string>> read_gitmodules(std::string_view listed) {
    std::map<std::string, std::string> path_of, url_of;  // both by the submodule's name
    for (const std::string& item : split(listed, '\0')) {
        // Each item is "submodule.<name>.path
        // <value>"; a key without '=' has no line end (git-config(1), --null).
        const std::size_t line = item.find('\n');
        const std::string key = item.substr(0, line);
        const std::size_t dot = key.rfind('.');
        if (line == std::string::npos || !key.starts_with("submodule.") || dot < std::string("submodule.").size())
            continue;
        const std::string name = key.substr(10, dot - 10), variable = key.substr(dot + 1);
        const auto parts = split(name, '/');
        if (name.empty() || std::find(parts.begin(), parts.end(), "..") != parts.end())
            return build_error("the repository's .gitmodules has a submodule named '" + name +
                               "', which leads elsewhere");
        if (variable == "path") path_of[name] = item.substr(line + 1);
        if (variable == "url") url_of[name] = item.substr(line + 1);
    }
    std::map<std::string, std::string> out;
    for (auto& [name, path] : path_of)
        if (const auto url = url_of.find(name); url != url_of.end()) out.insert_or_assign(std::move(path), url->second);
    return out;
}

Result<void> check_submodule_path(const std::string& path) {
    auto bad = [&](const std::string& why) {
        return build_error("the repository has a submodule at '" + path + "': " + why);
    };
    if (path.find('\0') != std::string::npos) return bad("the path holds a NUL byte");
    for (const std::string& part : split(path, '/')) {
        if (part.empty() || part == "." || part == "..") return bad("the path leads elsewhere");
        if (is_dot_git(part)) return bad("'" + part + "' is git's own folder, on some file systems at least");
    }
    return {};
}

Result<std::string> submodule_url(const std::string& text, const std::string& parent) {
    if (!is_relative(text)) {
        if (auto checked = check_url(text); !checked) return checked.error();
        return text;
    }
    auto url = joined(text, parent);
    if (!url) return url.error();
    // The template itself took this repository from this machine, so git's own rule for files applies.
    if (parent.starts_with("file://")) return url;
    if (auto checked = check_url(*url); !checked) return checked.error();
    return url;
}

}  // namespace tmplbuild
