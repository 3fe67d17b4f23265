// SPDX-License-Identifier: Apache-2.0
#include "base/named_hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace tmplbuild {

struct NamedHash::Context {
    Context(std::string_view algorithm, const EVP_MD* kind) : name(algorithm), evp(EVP_MD_CTX_new()) {
        if (evp == nullptr || EVP_DigestInit_ex(evp, kind, nullptr) != 1) throw std::bad_alloc();
    }
    ~Context() { EVP_MD_CTX_free(evp); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    std::string name;
    EVP_MD_CTX* evp;
};

NamedHash::NamedHash(std::unique_ptr<Context> context) : context_(std::move(context)) {}
NamedHash::~NamedHash() = default;
NamedHash::NamedHash(NamedHash&&) noexcept = default;
NamedHash& NamedHash::operator=(NamedHash&&) noexcept = default;

Result<NamedHash> NamedHash::make(std::string_view algorithm) {
    const EVP_MD* kind = algorithm == "sha256"   ? EVP_sha256()
                         : algorithm == "sha384" ? EVP_sha384()
                         : algorithm == "sha512" ? EVP_sha512()
                                                 : nullptr;
    if (kind == nullptr)
        return build_error("'" + std::string(algorithm) + "' is no hash algorithm that a RECORD may name");
    return NamedHash(std::make_unique<Context>(algorithm, kind));
}

void NamedHash::update(std::span<const std::byte> data) { EVP_DigestUpdate(context_->evp, data.data(), data.size()); }

std::string NamedHash::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_->evp, bytes.data(), &size);
    // The URL-safe alphabet of RFC 4648, section 5; each letter stands for six bits.
    static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out = context_->name + "=";
    for (unsigned bit = 0; bit < size * 8; bit += 6) {
        const unsigned at = bit / 8;
        const unsigned two = bytes[at] * 256U + (at + 1 < size ? bytes[at + 1] : 0U);
        out += letters[two >> (10 - bit % 8) & 63];
    }
    return out;
}

std::string NamedHash::sha256(std::string_view content) {
    NamedHash hash = make("sha256").value();
    hash.update(std::as_bytes(std::span(content)));
    return hash.finish();
}

}  // namespace tmplbuild
