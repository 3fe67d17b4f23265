// SPDX-License-Identifier: Apache-2.0
#include "base/secret_mask.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

static SecretMask mask_of(std::string_view content) {
    SecretMask mask;
    mask.hide(content);
    return mask;
}

TEST_CASE("each line of a secret is hidden, whatever its line ends are") {
    for (const char* content :
         {"-----BEGIN KEY-----\nSECRETLINEONE\nlast\n-----END KEY-----\n",
          "-----BEGIN KEY-----\r\nSECRETLINEONE\r\nlast\r\n-----END KEY-----", "  SECRETLINEONE \n\nlast"}) {
        const SecretMask mask = mask_of(content);
        CHECK(mask.masked("SECRETLINEONE") == "***");
        CHECK(mask.masked("a SECRETLINEONE last b") == "a *** *** b");
        CHECK(mask.masked("key=SECRETLINEONE\r") == "key=***\r");
        CHECK(mask.masked("nothing") == "nothing");
    }
    CHECK(mask_of("token\n").masked("the token") == "the ***");
}

TEST_CASE("secrets that overlap leave no part of either") {
    SecretMask mask = mask_of("abcdef");
    mask.hide("defghi");
    mask.hide("abcd");
    CHECK(mask.masked("x abcdefghi y") == "x *** y");
    CHECK(mask.masked("abcdabcdef") == "***");
    CHECK(mask_of("aaaa").masked("aaaaaa") == "***");
}

TEST_CASE("what is too short is not hidden, and that can be told") {
    CHECK(mask_of("abc").empty());
    CHECK(mask_of("{\n}\n").empty());
    CHECK_FALSE(SecretMask::can_hide(" abc \n"));
    CHECK_FALSE(SecretMask::can_hide(""));
    CHECK(SecretMask::can_hide("abc\nabcd"));
}

TEST_CASE("a secret that is not whole yet is held back") {
    const SecretMask mask = mask_of("secret");
    for (std::size_t cut = 0; cut <= 12; ++cut) {
        const std::string text = "xyzsecretabc", first = text.substr(0, cut);
        const std::size_t shown = mask.settled(first);
        CHECK(mask.masked(first.substr(0, shown)) + mask.masked(first.substr(shown) + text.substr(cut)) == "xyz***abc");
    }
    CHECK(SecretMask().settled("text") == 4);
}
