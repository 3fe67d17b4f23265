// SPDX-License-Identifier: Apache-2.0
#include "base/secret_mask.hpp"

#include <cstdint>

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
    CHECK(mask.masked("abcdabcdef") == "******");  // they touch
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

TEST_CASE("a text may be cut wherever it is settled, and as much is settled as can be") {
    SecretMask mask = mask_of("abcabd");
    mask.hide("bdab");
    mask.hide("aaaa");
    std::uint32_t seed = 1;
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (int i = 0; i < 24; ++i) text += "abcd"[(seed = seed * 1664525 + 1013904223) >> 30];
        for (std::size_t end = 0; end <= text.size(); ++end) {
            const std::size_t shown = mask.settled(text.substr(0, end));
            REQUIRE(mask.masked(text.substr(0, shown)) + mask.masked(text.substr(shown)) == mask.masked(text));
        }
    }
    CHECK(mask_of("secret").settled("the secret is s") == 14);
    CHECK(mask_of("secret").settled("the secret") == 10);
}

TEST_CASE("whether something is hidden is told, and an empty value needs no hiding") {
    SecretMask mask;
    CHECK(mask.hide("pin4"));
    CHECK(mask.hide(" \n"));
    CHECK_FALSE(mask.hide(" abc\n"));
    std::string text = "pin4pin4 abc";
    mask.apply(text);
    CHECK(text == "****** abc");
}
