// SPDX-License-Identifier: Apache-2.0
#include "registry/reply.hpp"

#include "base/text.hpp"

namespace tmplbuild::registry {

std::string header_of(const io::HttpResponse& response, const std::string& name) {
    const auto at = response.headers.find(name);
    return at == response.headers.end() ? "" : at->second;
}

std::optional<std::uint64_t> bytes_taken(const io::HttpResponse& response) {
    const std::string whole = header_of(response, "range");
    std::string_view text = trim(whole);
    if (text.starts_with("bytes=")) text.remove_prefix(6);
    if (!text.starts_with("0-")) return std::nullopt;
    const auto last = parse_whole(text.substr(2), 0, std::int64_t{1} << 62);
    if (!last) return std::nullopt;
    return *last == 0 ? 0 : static_cast<std::uint64_t>(*last) + 1;
}

}  // namespace tmplbuild::registry
