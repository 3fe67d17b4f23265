// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include "cli/live_region.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::cli;

TEST_CASE("what a tool writes becomes plain text") {
    CHECK(printable("plain") == "plain");
    CHECK(printable("a\tb\r\n") == "a b");
    CHECK(printable("10%\r55%\r100%") == "100%");
    CHECK(printable("55%\r") == "55%");
    CHECK(printable("\033[1;31mred\033[0m \033[2Kx\033[10;20Hy") == "red xy");
    CHECK(printable("\033]0;title\a<\033]8;;http://x\033\\link>") == "<link>");
    CHECK(printable("\033(Bx\033=y\033") == "xy");
    CHECK(printable("\033[31") == "");
    CHECK(printable("\033]0;never ends") == "");
    CHECK(printable(std::string("nul\0bell\a", 9)) == "nulbell");
    CHECK(printable("caf\xc3\xa9 \xe2\x9c\x93 \xf0\x9f\x98\x80") == "caf\xc3\xa9 \xe2\x9c\x93 \xf0\x9f\x98\x80");
    // C1 controls are escape sequences of one character to some terminals.
    CHECK(printable("\xc2\x9b"
                    "31m") == "31m");
    // No UTF-8: a lone byte, a cut character, an overlong form, a surrogate, too large.
    for (const char* bad : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x9c"}) {
        const std::string shown = printable(std::string(bad) + "x");
        CHECK(shown.starts_with("\xef\xbf\xbd"));
        CHECK(shown.back() == 'x');
    }
}

TEST_CASE("a value of somebody else's is shown whole, and obeyed in nothing") {
    CHECK(visible("plain caf\xc3\xa9") == "plain caf\xc3\xa9");
    CHECK(visible("\033]0;owned\a\033[2Jx\nfake line\r") == "\\x1b]0;owned\\x07\\x1b[2Jx\\nfake line\\x0d");
    CHECK(visible("\xc2\x9b"
                  "2J") == "\\u009b2J");  // CSI as one character
    CHECK(visible("a\xe2\x80\xae"
                  "b") ==
          "a\\u202e"
          "b");
    CHECK(visible("\xff") == "\\xff");
    CHECK(visible(std::string("a\0b", 3)) == "a\\x00b");
    CHECK(visible_json("{\"a\": \"\xc2\x9b\xff\"}\n") == "{\"a\": \"\\u009b\xef\xbf\xbd\"}\n");
}

TEST_CASE("width counts columns, and a cut never halves a character") {
    CHECK(columns("abc") == 3);
    CHECK(columns("caf\xc3\xa9") == 4);
    CHECK(columns("\xe6\x97\xa5\xe6\x9c\xac") == 4);
    CHECK(clipped("\xe6\x97\xa5\xe6\x9c\xac", 3) == "\xe6\x97\xa5");
    CHECK(clipped("caf\xc3\xa9s", 4) == "caf\xc3\xa9");
    CHECK(clipped("abc", 10) == "abc");
    CHECK(clipped("abc", 0).empty());
}

TEST_CASE("a live region goes back over what it drew, and over nothing else") {
    LiveRegion region;
    CHECK(region.clear({80, 24}).empty());
    CHECK(region.draw({"one", "two"}, {80, 24}) == "\rone\033[K\ntwo\033[K\n\033[J");
    CHECK(region.draw({"1"}, {80, 24}, "ended") == "\r\033[2Aended\033[K\n1\033[K\n\033[J");
    CHECK(region.clear({80, 24}) == "\r\033[J\033[1A\033[2K");
    CHECK(region.clear({80, 24}).empty());
    CHECK(region.draw({}, {80, 24}, "ended") == "\rended\033[K\n\033[J");
    // Erasing below from the screen's first cell would move what stood there into tmux's history, an echoed ^C too.
    region.draw({"one"}, {80, 24});
    CHECK(region.draw({}, {80, 24}) == "\r\033[J\033[1A\033[2K");
    CHECK(region.draw({}, {80, 24}).empty());
}

TEST_CASE("lines never reach the last column, nor the cursor's row") {
    CHECK(LiveRegion().draw({std::string(100, 'x')}, {20, 24}) == "\r" + std::string(19, 'x') + "\033[K\n\033[J");
    CHECK(LiveRegion().draw({"a", "b", "c", "d", "e"}, {80, 4}) ==
          "\ra\033[K\nb\033[K\n\xe2\x80\xa6 and 3 more\033[K\n\033[J");
    CHECK(LiveRegion().draw({"a", "b", "c"}, {80, 4}) == "\ra\033[K\nb\033[K\nc\033[K\n\033[J");
    CHECK(LiveRegion().draw({"a"}, {0, 0}).find('a') == std::string::npos);
}

TEST_CASE("after the window became narrower, broken lines are erased as the rows that they take") {
    const std::string up = "\033[1A\033[2K";
    LiveRegion region;
    region.draw({std::string(70, 'x'), std::string(30, 'y')}, {80, 24});
    // Three rows and one.
    CHECK(region.draw({"1"}, {30, 24}) == "\r\033[J" + up + up + up + up + "\r1\033[K\n\033[J");
    CHECK(region.draw({"1"}, {30, 24}) == "\r\033[1A1\033[K\n\033[J");
    region.draw({std::string(70, 'x')}, {80, 24});
    CHECK(region.draw({"1"}, {200, 24}) == "\r\033[J" + up + "\r1\033[K\n\033[J");
}
