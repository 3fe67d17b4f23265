// SPDX-License-Identifier: Apache-2.0
#include "base/canonical_key.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("two lists that would glue to the same text have different keys") {
    CHECK(CanonicalKey().add("a", "bc").digest() != CanonicalKey().add("ab", "c").digest());
    CHECK(CanonicalKey().add("a", std::vector<std::string>{"x", "y"}).digest() !=
          CanonicalKey().add("a", std::vector<std::string>{"xy"}).digest());
    CHECK(CanonicalKey().add("a", std::vector<std::string>{}).digest() !=
          CanonicalKey().add("a", std::vector<std::string>{""}).digest());
    CHECK(CanonicalKey().add("a", "1").digest() != CanonicalKey().add("a", std::int64_t{1}).digest());
    CHECK(CanonicalKey().add("a", true).digest() != CanonicalKey().add("a", std::int64_t{1}).digest());
}

TEST_CASE("a key survives the trip through JSON with every type") {
    CanonicalKey key;
    key.add("text", "t\n\"").add("number", std::int64_t{-5}).add("flag", true);
    key.add("digest", Sha256::of("x")).add("list", std::vector<std::string>{"a", "", "b"});
    auto back = CanonicalKey::from_json(key.to_json());
    REQUIRE(back);
    CHECK(back->digest() == key.digest());
    CHECK_FALSE(back->first_difference(key));
}

TEST_CASE("the first differing input is named with both values") {
    CanonicalKey before, after;
    before.add("arch", "8.9").add("flags", std::vector<std::string>{"-O2"}).add("gone", "x");
    after.add("arch", "8.9").add("flags", std::vector<std::string>{"-O3"}).add("new", "y");
    auto difference = after.first_difference(before);
    REQUIRE(difference);
    CHECK(difference->name == "flags");
    CHECK(difference->before.find("-O2") != std::string::npos);
    CHECK(difference->after.find("-O3") != std::string::npos);
    CHECK(after.differences(before) == 3);
}

TEST_CASE("a damaged key document is an error, not a key") {
    CHECK_FALSE(CanonicalKey::from_json(json::array{json::value("text")}));
    CHECK_FALSE(CanonicalKey::from_json(json::array{json::object{{"name", "a"}, {"type", "?"}, {"value", "b"}}}));
}
