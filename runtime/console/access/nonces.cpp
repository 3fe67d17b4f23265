// SPDX-License-Identifier: Apache-2.0
#include "console/access/nonces.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"
#include "console/access/password.hpp"
#include "console/access/seal.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {
namespace {

constexpr std::size_t random_bytes = 32, longest_nonce = 3000;
constexpr std::string_view own_mark = "own", elsewhere_mark = "elsewhere";

std::string nonce_text(const std::string& start, const Origin& origin) {
    return "nonce " + start + " " + origin.to_string();
}

}  // namespace

Nonces::Nonces() : key_(sys::random_hex(random_bytes)) {}

// "RANDOM-TIME-WHOSE-PATH-SEAL"; base64 has no "-".
std::string Nonces::make(const Origin& origin, const Asked& asked, UnixMs now) const {
    const std::string random = sys::random_hex(random_bytes);
    const std::string start = random + "-" + std::to_string(now) + "-" +
                              std::string(asked.own_doing ? own_mark : elsewhere_mark) + "-" + base64(asked.path);
    const std::string seal = sealed_by(key_, nonce_text(start, origin));
    return random.empty() || seal.empty() ? std::string() : start + "-" + seal;
}

std::optional<Nonces::Asked> Nonces::read(std::string_view nonce, const Origin& origin, UnixMs now) const {
    const auto parts = split(nonce, '-');
    if (nonce.size() > longest_nonce || parts.size() != 5) return std::nullopt;
    const std::string start = parts[0] + "-" + parts[1] + "-" + parts[2] + "-" + parts[3];
    const std::string right = sealed_by(key_, nonce_text(start, origin));
    if (right.empty() || !same_text(parts[4], right)) return std::nullopt;
    const auto made = parse_whole(parts[1], 0, INT64_MAX);
    auto path = from_base64(parts[3]);
    if (!made || !path || now - *made > lifetime_ms) return std::nullopt;
    return Asked{std::move(*path), parts[2] == own_mark};
}

}  // namespace tmplbuild::console
