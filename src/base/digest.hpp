// SPDX-License-Identifier: Apache-2.0
// A SHA-256 digest as a value, and a hasher over streams. Used for blobs, keys and locks; nothing else names content.
// Text form is OCI's "sha256:<64 lower-case hex>" (OCI image-spec 1.1, descriptor.md#digests). Never another algorithm.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild {

class Digest {
  public:
    Digest() = default;  // all zeros: no content has it; used as "not set"
    explicit Digest(const std::array<std::uint8_t, 32>& bytes) : bytes_(bytes) {}

    static Result<Digest> parse(std::string_view text);      // "sha256:<hex>", strictly
    static Result<Digest> parse_hex(std::string_view text);  // 64 lower-case hex digits alone

    std::string to_string() const;  // "sha256:<hex>"
    std::string hex() const;
    std::string short_hex() const;  // the first 12 digits, for people
    bool is_set() const { return *this != Digest(); }
    const std::array<std::uint8_t, 32>& bytes() const { return bytes_; }

    auto operator<=>(const Digest&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads "<=>"

  private:
    std::array<std::uint8_t, 32> bytes_{};
};

class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(std::span<const std::byte> data);
    void update(std::string_view data);
    Digest finish();  // may be called once

    static Digest of(std::string_view data);

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace tmplbuild

template <>
struct std::hash<tmplbuild::Digest> {
    std::size_t operator()(const tmplbuild::Digest& digest) const noexcept;
};
