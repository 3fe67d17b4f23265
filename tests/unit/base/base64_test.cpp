// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("base64 goes both ways, and what is none is none") {
    const std::pair<std::string, std::string> rows[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {std::string("\0\xff\xfe", 3), "AP/+"},
    };
    for (const auto& [plain, coded] : rows) {
        CHECK(base64(plain) == coded);
        CHECK(from_base64(coded) == plain);
    }
    CHECK(from_base64("Zm8") == "fo");
    for (const char* wrong : {"Z", "Zg=", "Zg===", "Z=g=", "Zm 9v", "Zm9v\n", "Zm9-", "===="}) {
        INFO(wrong);
        CHECK(from_base64(wrong) == std::nullopt);
    }
}
