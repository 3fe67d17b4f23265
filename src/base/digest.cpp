// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"

#include <openssl/evp.h>

#include <cstring>
#include <new>

namespace tmplbuild {

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

Result<Digest> Digest::parse_hex(std::string_view text) {
    if (text.size() != 64) return build_error("not a SHA-256 digest (64 hex digits): '" + std::string(text) + "'");
    std::array<std::uint8_t, 32> bytes{};
    for (std::size_t i = 0; i < 32; ++i) {
        const int high = hex_value(text[2 * i]);
        const int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return build_error("not a SHA-256 digest (lower-case hex digits only): '" + std::string(text) + "'");
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return Digest(bytes);
}

Result<Digest> Digest::parse(std::string_view text) {
    constexpr std::string_view prefix = "sha256:";
    if (!text.starts_with(prefix))
        return build_error("not a digest (expected sha256:<64 hex digits>): '" + std::string(text) + "'");
    return parse_hex(text.substr(prefix.size()));
}

std::string Digest::hex() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(64);
    for (std::uint8_t byte : bytes_) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string Digest::to_string() const { return "sha256:" + hex(); }
std::string Digest::short_hex() const { return hex().substr(0, 12); }

struct Sha256::Context {
    EVP_MD_CTX* evp = EVP_MD_CTX_new();
    Context() {
        if (evp == nullptr || EVP_DigestInit_ex(evp, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
    }
    ~Context() { EVP_MD_CTX_free(evp); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> data) { EVP_DigestUpdate(context_->evp, data.data(), data.size()); }
void Sha256::update(std::string_view data) { EVP_DigestUpdate(context_->evp, data.data(), data.size()); }

Digest Sha256::finish() {
    std::array<std::uint8_t, 32> bytes{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_->evp, bytes.data(), &size);
    return Digest(bytes);
}

Digest Sha256::of(std::string_view data) {
    Sha256 hasher;
    hasher.update(data);
    return hasher.finish();
}

}  // namespace tmplbuild

std::size_t std::hash<tmplbuild::Digest>::operator()(const tmplbuild::Digest& digest) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, digest.bytes().data(), sizeof value);
    return value;
}
