// SPDX-License-Identifier: Apache-2.0
#include "console/access/nonces.hpp"

#include "base/text.hpp"
#include "console/access/password.hpp"
#include "console/access/seal.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {
namespace {

constexpr std::size_t random_bytes = 32;
constexpr std::string_view own_mark = "own", elsewhere_mark = "elsewhere";

std::string nonce_text(const std::string& start, const Origin& origin, std::string_view path) {
    return "nonce " + start + " " + origin.to_string() + " " + std::string(path);
}

}  // namespace

Nonces::Nonces() : key_(sys::random_hex(random_bytes)) {}

// "RANDOM-TIME-WHOSE-SEAL".
std::string Nonces::make(const Origin& origin, std::string_view path, bool own_doing, UnixMs now) const {
    const std::string random = sys::random_hex(random_bytes);
    const std::string start =
        random + "-" + std::to_string(now) + "-" + std::string(own_doing ? own_mark : elsewhere_mark);
    const std::string seal = sealed_by(key_, nonce_text(start, origin, path));
    return random.empty() || seal.empty() ? std::string() : start + "-" + seal;
}

std::optional<bool> Nonces::own_doing(std::string_view nonce, const Origin& origin, std::string_view path,
                                      UnixMs now) const {
    const auto parts = split(nonce, '-');
    if (nonce.size() > 200 || parts.size() != 4) return std::nullopt;
    const std::string start = parts[0] + "-" + parts[1] + "-" + parts[2];
    const std::string right = sealed_by(key_, nonce_text(start, origin, path));
    if (right.empty() || !same_text(parts[3], right)) return std::nullopt;
    const auto made = parse_whole(parts[1], 0, INT64_MAX);
    if (!made || now - *made > lifetime_ms) return std::nullopt;
    return parts[2] == own_mark;
}

}  // namespace tmplbuild::console
