// SPDX-License-Identifier: Apache-2.0
#include "template/index_strategy.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("each strategy of indexes has uv's word, and no other word is one") {
    CHECK(to_string(IndexStrategy::first_index) == "first-index");
    CHECK(to_string(IndexStrategy::unsafe_first_match) == "unsafe-first-match");
    CHECK(to_string(IndexStrategy::unsafe_best_match) == "unsafe-best-match");
    CHECK(index_strategies().size() == 3);
    for (const std::string& word : index_strategies()) {
        REQUIRE(parse_index_strategy(word));
        CHECK(to_string(*parse_index_strategy(word)) == word);
    }
    for (const char* wrong : {"", "best", "First-Index", "first_index"}) CHECK_FALSE(parse_index_strategy(wrong));
}
