// SPDX-License-Identifier: Apache-2.0
#include "console/access/nonces.hpp"

#include "console/access/password.hpp"
#include "console/access/seal.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {
namespace {

constexpr std::string_view own_mark = "-own-", elsewhere_mark = "-elsewhere-";
constexpr std::size_t random_bytes = 32;

}  // namespace

Nonces::Nonces() : key_(sys::random_hex(random_bytes)) {}

// `start`, and what binds it to the path.
std::string Nonces::sealed(std::string_view start, std::string_view path) const {
    const std::string seal = sealed_by(key_, std::string(start) + std::string(path));
    return seal.empty() ? std::string() : std::string(start) + seal;
}

std::string Nonces::make(std::string_view path, bool own_doing) const {
    const std::string random = sys::random_hex(random_bytes);
    return random.empty() ? std::string() : sealed(random + std::string(own_doing ? own_mark : elsewhere_mark), path);
}

std::optional<bool> Nonces::own_doing(std::string_view nonce, std::string_view path) const {
    for (const bool own : {true, false}) {
        const std::size_t size = random_bytes * 2 + (own ? own_mark : elsewhere_mark).size();
        if (nonce.size() <= size || !nonce.substr(random_bytes * 2).starts_with(own ? own_mark : elsewhere_mark))
            continue;
        const std::string right = sealed(nonce.substr(0, size), path);
        if (!right.empty() && same_text(nonce, right)) return own;
    }
    return std::nullopt;
}

}  // namespace tmplbuild::console
