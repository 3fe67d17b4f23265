// SPDX-License-Identifier: Apache-2.0
// Keys as OpenSSL's program writes them, what they sign, and what is no key.
#include "base/signing_key.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

constexpr const char* private_pem =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIIDm90qCUE77zWjQ04yFLkSmK5+kRlETQowKCQDTcYTv\n"
    "-----END PRIVATE KEY-----\n";
// RFC 8032, section 7.1, test 2.
constexpr const char* rfc_private =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* rfc_public =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n-----END PUBLIC "
    "KEY-----\n";
constexpr const char* other_kind =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n-----END PUBLIC "
    "KEY-----\n";

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

}  // namespace

TEST_CASE("a key signs as RFC 8032 says, and both halves are one key") {
    const auto own = SigningKey::parse(rfc_private, "key"), half = SigningKey::parse(rfc_public, "key");
    REQUIRE(own);
    REQUIRE(half);
    const std::string signature = own->sign("\x72");
    CHECK(hex(signature) ==
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
          "2aeeb"
          "00d291612bb0c00");
    CHECK(own->can_sign());
    CHECK_FALSE(half->can_sign());
    CHECK(own->id() == half->id());
    CHECK(own->verify("\x72", signature));
    CHECK(half->verify("\x72", signature));
}

TEST_CASE("a signature of another text, of another key, or of another length does not count") {
    const auto key = SigningKey::parse(private_pem, "key"), other = SigningKey::parse(rfc_private, "key");
    REQUIRE(key);
    REQUIRE(other);
    std::string signature = key->sign("text");
    CHECK(key->verify("text", signature));
    CHECK_FALSE(key->verify("Text", signature));
    CHECK_FALSE(other->verify("text", signature));
    CHECK_FALSE(key->verify("text", ""));
    CHECK_FALSE(key->verify("text", signature + "x"));
    signature[5] = static_cast<char>(signature[5] ^ 1);
    CHECK_FALSE(key->verify("text", signature));
    CHECK(key->id() != other->id());
}

TEST_CASE("what is no Ed25519 key is said so") {
    const auto told = [](const std::string& pem) {
        const auto key = SigningKey::parse(pem, "my.pem");
        REQUIRE(!key);
        CHECK(key.error().kind == ErrorKind::usage);
        return key.error().message;
    };
    CHECK(told("").find("'my.pem' is no key") == 0);
    CHECK(told("-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\n").find("'my.pem' is no key") == 0);
    CHECK(told(std::string(100'000, 'x')).find("'my.pem' is no key") == 0);
    CHECK(told(other_kind).find("of another kind than Ed25519") != std::string::npos);
}
