// SPDX-License-Identifier: Apache-2.0
// Escapes of addresses, right and broken ones.
#include "base/percent.hpp"

#include "support/catch.hpp"

namespace tmplbuild {

TEST_CASE("escapes are read, and broken ones stay as they are") {
    struct Row {
        std::string_view text, decoded;
        bool is_broken;
    };
    for (const Row& row : {Row{"", "", false}, Row{"a%2Fb%2fc", "a/b/c", false}, Row{"%41", "A", false},
                           Row{"%00", std::string_view("\0", 1), false}, Row{"%ff", "\xff", false}, Row{"%", "%", true},
                           Row{"a%2", "a%2", true}, Row{"%zz", "%zz", true}, Row{"%4%41", "%4A", true},
                           Row{"%-1", "%-1", true}, Row{"a+b", "a+b", false}}) {
        INFO(row.text);
        const Decoded out = decode_percent(row.text);
        CHECK(out.text == row.decoded);
        CHECK(out.has_broken_escape == row.is_broken);
    }
    CHECK(decode_percent("a+b%2B", Plus::space).text == "a b+");
}

}  // namespace tmplbuild
