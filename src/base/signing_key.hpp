// SPDX-License-Identifier: Apache-2.0
// An Ed25519 key (RFC 8032) from a PEM file, as `openssl genpkey -algorithm ed25519` writes it: a private one signs and
// verifies, a public one verifies. Used for records of shared caches. Never writes a key or shows a private one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild {

class SigningKey {
  public:
    // `name` is the file's, for errors. Another algorithm, a key with a passphrase and anything else are errors.
    static Result<SigningKey> parse(std::string_view pem, const std::string& name);
    ~SigningKey();
    SigningKey(SigningKey&&) noexcept;
    SigningKey& operator=(SigningKey&&) noexcept;

    // The digest of the public key (its DER form, SubjectPublicKeyInfo): the same for both halves.
    const Digest& id() const;
    bool can_sign() const;
    // The signature's 64 bytes; only where can_sign().
    std::string sign(std::string_view text) const;
    bool verify(std::string_view text, std::string_view signature) const;

  private:
    struct Impl;
    explicit SigningKey(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild
