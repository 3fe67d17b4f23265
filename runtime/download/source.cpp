// SPDX-License-Identifier: Apache-2.0
#include "download/source.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "download/item.hpp"

namespace tmplbuild::download {

namespace {

constexpr std::size_t longest_url = 4 << 10;

std::string path_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::size_t slash = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
    return slash == std::string_view::npos ? "" : std::string(url.substr(slash));
}

bool is_at(std::string_view url, const std::string& endpoint) { return origin_of(url) == origin_of(endpoint); }

bool has_host(std::string_view url, std::initializer_list<std::string_view> hosts) {
    const std::string host = host_of(url);
    return std::any_of(hosts.begin(), hosts.end(),
                       [&](std::string_view one) { return host == one || host == "www." + std::string(one); });
}

std::string query_value(std::string_view url, std::string_view name) {
    const std::size_t begin = url.find('?');
    if (begin == std::string_view::npos) return {};
    for (const std::string& one : split(url.substr(begin + 1), '&'))
        if (one.starts_with(std::string(name) + "=")) return one.substr(name.size() + 1);
    return {};
}

std::string without_key(const std::string& url) {
    const std::size_t begin = url.find('?');
    if (begin == std::string::npos) return url;
    std::vector<std::string> kept;
    for (const std::string& one : split(url.substr(begin + 1), '&'))
        if (!one.empty() && !to_lower(one).starts_with("token=")) kept.push_back(one);
    return url.substr(0, begin) + (kept.empty() ? "" : "?" + join(kept, "&"));
}

Result<std::string> huggingface_url(std::string url) {
    url = url.substr(0, url.find('?'));
    if (const std::size_t blob = url.find("/blob/"); blob != std::string::npos) url.replace(blob, 6, "/resolve/");
    if (url.find("/resolve/") == std::string::npos)
        return usage_error("'" + shown_url(url) + "' is a page of Hugging Face, not a file",
                           "open the file's own page there, and copy the address of its download link");
    return url;
}

Result<std::string> civitai_url(const std::string& url) {
    const std::string path = path_of(url);
    if (path.starts_with("/api/download/")) return without_key(url);
    if (const std::string version = query_value(url, "modelVersionId"); parse_whole(version, 1, INT64_MAX))
        return origin_of(url) + "/api/download/models/" + version;
    return usage_error("'" + shown_url(url) + "' is a page of CivitAI, not a file",
                       "choose a version there and copy the address of its download button");
}

}  // namespace

std::string_view to_string(Hub hub) {
    return hub == Hub::huggingface ? "huggingface" : hub == Hub::civitai ? "civitai" : "";
}
std::string_view title_of(Hub hub) {
    return hub == Hub::huggingface ? "Hugging Face" : hub == Hub::civitai ? "CivitAI" : "the server";
}

std::string origin_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    const std::string name = to_lower(url.substr(0, scheme));
    if (name != "http" && name != "https") return {};
    std::string host = host_of(url);
    const std::string usual = name == "http" ? ":80" : ":443";
    if (host.ends_with(usual)) host.resize(host.size() - usual.size());
    return host.empty() ? "" : name + "://" + host;
}

Hub hub_of(std::string_view url, const Endpoints& endpoints) {
    if (has_host(url, {"huggingface.co", "hf.co"}) || is_at(url, endpoints.huggingface)) return Hub::huggingface;
    if (has_host(url, {"civitai.com", "civitai.red"}) || is_at(url, endpoints.civitai)) return Hub::civitai;
    return Hub::none;
}

Result<std::string> normalised_url(std::string_view text, const Endpoints& endpoints) {
    std::string url(trim(text).substr(0, trim(text).find('#')));
    if (const std::size_t end = url.find("://"); end != std::string::npos)
        url = to_lower(url.substr(0, end)) + url.substr(end);
    if (url.size() > longest_url) return usage_error("the address is longer than 4,096 characters");
    for (const char c : url)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\')
            return usage_error("the address has a blank, a backslash or a control character in it");
    if (origin_of(url).empty()) return usage_error("'" + shown_url(url) + "' is no http or https address");
    const std::size_t scheme = url.find("://") + 3;
    if (url.substr(scheme, url.find_first_of("/?", scheme) - scheme).find('@') != std::string::npos)
        return usage_error("the address has a name or password in it", "write it without, keys are entered once");
    switch (hub_of(url, endpoints)) {
        case Hub::huggingface:
            return huggingface_url(url);
        case Hub::civitai:
            return civitai_url(url);
        case Hub::none:
            return url;
    }
    return url;
}

std::string first_url(const std::string& url, const Endpoints& endpoints) {
    const auto at = [&](std::string endpoint) {
        while (endpoint.ends_with('/')) endpoint.pop_back();
        return endpoint + path_of(url);
    };
    switch (hub_of(url, endpoints)) {
        case Hub::huggingface:
            return is_at(url, endpoints.huggingface) ? url : at(endpoints.huggingface);
        case Hub::civitai:
            // Both of CivitAI's own domains know its files and its keys, and not all files are at the first one.
            return is_at(url, endpoints.civitai)              ? url
                   : endpoints.civitai == Endpoints().civitai ? "https://" + host_of(url) + path_of(url)
                                                              : at(endpoints.civitai);
        case Hub::none:
            return url;
    }
    return url;
}

std::string pinned_url(const std::string& url, const std::string& commit, const Endpoints& endpoints) {
    static constexpr std::string_view word = "/resolve/";
    const bool is_commit = commit.size() == 40 && commit.find_first_not_of("0123456789abcdef") == std::string::npos;
    const std::size_t at = url.find(word);
    if (!is_commit || at == std::string::npos || hub_of(url, endpoints) != Hub::huggingface) return url;
    const std::size_t begin = at + word.size(), end = url.find('/', begin);
    return end == std::string::npos ? url : url.substr(0, begin) + commit + url.substr(end);
}

bool takes_key(Hub hub, const std::string& url, bool is_first, const Endpoints& endpoints) {
    switch (hub) {
        case Hub::huggingface:
            return is_at(url, endpoints.huggingface);
        case Hub::civitai: {
            const std::string origin = origin_of(url);
            return is_first && (is_at(url, endpoints.civitai) || origin == "https://civitai.com" ||
                                origin == "https://civitai.red" || origin == "https://www.civitai.com");
        }
        case Hub::none:
            return false;
    }
    return false;
}

}  // namespace tmplbuild::download
