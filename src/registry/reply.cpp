// SPDX-License-Identifier: Apache-2.0
#include "registry/reply.hpp"

#include "base/text.hpp"
#include "io/http_reply.hpp"

namespace tmplbuild::registry {

std::optional<std::uint64_t> bytes_taken(const io::HttpResponse& response) {
    const std::string whole = io::header_of(response.headers, "range");
    std::string_view text = trim(whole);
    if (text.starts_with("bytes=")) text.remove_prefix(6);
    if (!text.starts_with("0-")) return std::nullopt;
    const auto last = parse_whole(text.substr(2), 0, std::int64_t{1} << 62);
    if (!last) return std::nullopt;
    return *last == 0 ? 0 : static_cast<std::uint64_t>(*last) + 1;
}

std::string name_in(const Reference& repository, const std::string& identifier) {
    return repository.repository_name() + (identifier.starts_with("sha256:") ? "@" : ":") + identifier;
}

std::string with_query(const std::string& url, const std::string& part) {
    return url + (url.find('?') == std::string::npos ? "?" : "&") + part;
}

}  // namespace tmplbuild::registry
