// SPDX-License-Identifier: Apache-2.0
// Hashes as Python's RECORD files write them: "sha256=<urlsafe base64 without padding>" (Python packaging user guide,
// "Recording installed projects"). Used to check a wheel's files and to record installed ones. Blobs, keys and locks
// have base/digest.hpp. Never the algorithms that the specification forbids (MD5, SHA-1, SHA-224).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild {

class NamedHash {
  public:
    // Of "sha256", "sha384" or "sha512"; anything else is an error that names it.
    static Result<NamedHash> make(std::string_view algorithm);
    // The algorithm in front of the '=' of `text`.
    static Result<NamedHash> make_for(std::string_view text) { return make(text.substr(0, text.find('='))); }
    ~NamedHash();
    NamedHash(NamedHash&&) noexcept;
    NamedHash& operator=(NamedHash&&) noexcept;

    void update(std::span<const std::byte> data);
    std::string finish();  // may be called once

    static std::string sha256(std::string_view content);

  private:
    struct Context;
    explicit NamedHash(std::unique_ptr<Context> context);
    std::unique_ptr<Context> context_;
};

}  // namespace tmplbuild
