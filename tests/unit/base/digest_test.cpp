// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("SHA-256 agrees with FIPS 180-2, appendix B") {
    CHECK(Sha256::of("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(Sha256::of("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    Sha256 hasher;
    hasher.update("a");
    hasher.update("bc");
    CHECK(hasher.finish() == Sha256::of("abc"));
}

TEST_CASE("a digest is parsed strictly") {
    const std::string text = Sha256::of("abc").to_string();
    REQUIRE(Digest::parse(text));
    CHECK(Digest::parse(text)->to_string() == text);
    CHECK_FALSE(Digest::parse(text.substr(7)));
    CHECK_FALSE(Digest::parse(text + "0"));
    CHECK_FALSE(Digest::parse("sha512:" + text.substr(7)));
    CHECK_FALSE(Digest::parse_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
    CHECK_FALSE(Digest().is_set());
}
