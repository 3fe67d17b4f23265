// SPDX-License-Identifier: Apache-2.0
#include "console/access/seal.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>

#include "base/digest.hpp"

namespace tmplbuild::console {

std::string sealed_by(std::string_view key, std::string_view text) {
    std::array<std::uint8_t, 32> mac{};
    unsigned size = mac.size();
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (key.empty() ||
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), mac.data(), &size) == nullptr)
        return {};
    return Digest(mac).hex();
}

}  // namespace tmplbuild::console
