// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include "base/json.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("UTF-8 is read strictly, and what is none becomes U+FFFD byte by byte") {
    for (const char* text : {"", "plain", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
        CHECK(is_utf8(text));
        CHECK(valid_utf8(text) == text);
    }
    // Latin-1, an overlong '/', a surrogate, beyond U+10FFFF, a lone continuation, a character that is cut.
    for (const char* text : {"caf\xe9 ok", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82"}) {
        INFO(text);
        CHECK_FALSE(is_utf8(text));
        CHECK(is_utf8(valid_utf8(text)));
    }
    CHECK(valid_utf8("caf\xe9 ok\xff") == "caf\xef\xbf\xbd ok\xef\xbf\xbd");
}

TEST_CASE("a cut finds the bytes of a character that is not whole") {
    CHECK(unfinished_bytes("") == 0);
    CHECK(unfinished_bytes("abc") == 0);
    CHECK(unfinished_bytes("caf\xc3\xa9") == 0);
    CHECK(unfinished_bytes("caf\xc3") == 1);
    CHECK(unfinished_bytes("\xe2\x82") == 2);
    CHECK(unfinished_bytes("\xf0\x9f\x98") == 3);
    CHECK(unfinished_bytes("\x80\x80\x80\x80") == 0);
}

TEST_CASE("whatever bytes are put into JSON, it can be read again") {
    const json::value value = json::object{{"k\xff", "\xe9\"\n"}, {"list", json::array{"\xc3"}}};
    for (const std::string& text : {json::compact(value), json::canonical(value), json::pretty(value)}) {
        INFO(text);
        CHECK(json::parse(text, "text").has_value());
    }
}
