// SPDX-License-Identifier: Apache-2.0
#include "ctl/show.hpp"

#include "base/json.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

std::string shown(const char* kernel) {
    const std::string text = R"({"pod":"p","state":"running","progress":50,"now":100000,"started":35000,"kernels":[)" +
                             std::string(kernel) + "]}";
    return ctl::show_status(json::parse(text, "a status").value().as_object());
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("the status says how far a compile is and how long it takes") {
    const std::string text = shown(
        R"({"name":"k","state":"compiling","simulated":false,"since":93000,"verdict":"missing","arch":"80","mode":"background","progress":40,"seconds_left":130,"reason":"compiling for sm_80"})");
    CHECK(has_line(text, "pod p: running, 50 %, up 1 min 5 s"));
    CHECK(has_line(text, "k       compiling 40 %, 2 min 10 s left  7 s    missing  80    background"));
    CHECK(has_line(text, "  compiling for sm_80"));
}

TEST_CASE("a job that cannot tell how long it takes says nothing of it") {
    const std::string text = shown(
        R"({"name":"k","state":"compiling","since":93000,"verdict":"missing","arch":"80","mode":"true","progress":1,"seconds_left":null})");
    CHECK(has_line(text, "k       compiling 1 %  7 s    missing  80    true"));
}

TEST_CASE("what others named is shown and not obeyed, and columns stay in line") {
    const std::string text = shown(
        R"({"name":"\u001b[2Jk\u0085","state":"off","since":93000,"verdict":"\u202edeppirt","arch":"80","mode":"true"},)"
        R"({"name":"\u6f22\u5b57","state":"off","since":93000,"verdict":"exact","arch":"80","mode":"true"})");
    CHECK(has_line(text, "\\x1b[2Jk\\u0085  off    7 s    \\u202edeppirt  80    true"));
    CHECK(has_line(text, "\xe6\xbc\xa2\xe5\xad\x97            off    7 s    exact          80    true"));
}
