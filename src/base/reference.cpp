// SPDX-License-Identifier: Apache-2.0
#include "base/reference.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

constexpr std::size_t longest_name = 255;  // for host and repository together: reference.NameTotalLengthMax
constexpr std::size_t longest_tag = 128;
constexpr std::string_view hub = "docker.io";

bool is_small(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_word(char c) { return is_small(c) || (c >= 'A' && c <= 'Z'); }

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_path_part(std::string_view part) {
    if (part.empty() || !is_small(part.front()) || !is_small(part.back())) return false;
    for (std::size_t at = 0; at < part.size();) {
        if (is_small(part[at])) {
            ++at;
            continue;
        }
        const std::size_t end = static_cast<std::size_t>(
            std::find_if(part.begin() + static_cast<std::ptrdiff_t>(at), part.end(), is_small) - part.begin());
        const std::string_view between = part.substr(at, end - at);
        if (between != "." && between != "_" && between != "__" &&
            between.find_first_not_of('-') != std::string_view::npos)
            return false;
        at = end;
    }
    return true;
}

bool is_host_name(std::string_view name) {
    if (name.starts_with('[') && name.ends_with(']') && name.size() > 2)
        return name.substr(1, name.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    for (const std::string& label : split(name, '.')) {
        if (label.empty() || !is_word(label.front()) || !is_word(label.back())) return false;
        if (!std::all_of(label.begin(), label.end(), [](char c) { return is_word(c) || c == '-'; })) return false;
    }
    return true;
}

// Docker's rule to tell a host from a folder of its own hub.
bool looks_like_a_host(std::string_view part) {
    return part.find_first_of(".:") != std::string_view::npos || part == "localhost" ||
           std::any_of(part.begin(), part.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Error bad_reference(std::string_view text, const std::string& why) {
    return usage_error("'" + std::string(text) + "' is no name for an image in a registry: " + why,
                       "write it as HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:…, such as ghcr.io/me/image:1.2");
}

// Removes the digest and the tag from the end of `text`.
Result<void> take_ends(std::string_view whole, std::string_view& text, Reference& out) {
    if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
        auto digest = Digest::parse(text.substr(at + 1));
        if (!digest) return bad_reference(whole, digest.error().message);
        out.digest = *digest;
        text = text.substr(0, at);
    }
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos &&
        text.find(']', colon) == std::string_view::npos) {
        out.tag = text.substr(colon + 1);
        if (!is_repository_tag(out.tag)) return bad_reference(whole, "'" + out.tag + "' is no tag");
        text = text.substr(0, colon);
    } else if (!out.digest) {
        out.tag = "latest";
    }
    return {};
}

}  // namespace

bool is_repository(std::string_view text) {
    const std::vector<std::string> parts = split(text, '/');
    return text.size() <= longest_name && std::all_of(parts.begin(), parts.end(), is_path_part);
}

bool is_repository_tag(std::string_view text) {
    return !text.empty() && text.size() <= longest_tag && (is_word(text[0]) || text[0] == '_') &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_registry_host(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
    if (has_port && !parse_whole(text.substr(colon + 1), 1, 65535)) return false;
    return is_host_name(has_port ? text.substr(0, colon) : text);
}

Result<Reference> Reference::parse(std::string_view text) {
    const std::string_view whole = text.substr(0, 2 * longest_name + longest_tag);
    if (whole.size() < text.size()) return bad_reference(whole, "it is too long");
    Reference out;
    if (auto taken = take_ends(whole, text, out); !taken) return taken.error();
    const std::size_t slash = text.find('/');
    const std::string_view first = text.substr(0, slash);
    if (slash != std::string_view::npos && looks_like_a_host(first)) {
        if (!is_registry_host(first)) return bad_reference(whole, "'" + std::string(first) + "' is no host");
        out.host = to_lower(first);
        out.repository = text.substr(slash + 1);
    } else {
        out.host = hub;
        out.repository = text;
    }
    if (out.host == "index.docker.io" || out.host == "registry-1.docker.io") out.host = hub;
    if (!is_repository(out.repository))
        return bad_reference(whole, out.repository.empty()
                                        ? "the repository is missing"
                                        : "'" + out.repository +
                                              "' is no repository (small letters and digits, with single "
                                              "'.', '_', '-' between them)");
    if (out.host == hub && out.repository.find('/') == std::string::npos) out.repository.insert(0, "library/");
    if (out.repository_name().size() > longest_name) return bad_reference(whole, "it is too long");
    return out;
}

std::string Reference::to_string() const {
    return repository_name() + (tag.empty() ? "" : ":" + tag) + (digest ? "@" + digest->to_string() : "");
}

std::string Reference::server() const { return host == hub ? "registry-1.docker.io" : host; }

std::string Reference::identifier() const { return digest ? digest->to_string() : tag; }

}  // namespace tmplbuild
