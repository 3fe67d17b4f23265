// SPDX-License-Identifier: Apache-2.0
#include "resolve/wheel_tags.hpp"

#include "support/catch.hpp"
#include "support/debian_contract.hpp"

using namespace tmplbuild;

// The one chosen for Debian 12's Python, by name; "" for none.
static std::string chosen(const std::vector<std::string>& files, const BaseContract& base = debian_contract()) {
    const auto best = WheelTags::of(base).value().best(files);
    return best ? files[*best] : "";
}

TEST_CASE("a wheel's name is taken apart") {
    const auto plain = parse_wheel_name("numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl");
    REQUIRE(plain);
    CHECK(plain->distribution == "numpy");
    CHECK(plain->version == "2.4.6");
    CHECK(plain->build.empty());
    CHECK(plain->platforms == std::vector<std::string>{"manylinux_2_27_x86_64", "manylinux_2_28_x86_64"});
    CHECK(parse_wheel_name("a-1-7b-py2.py3-none-any.whl")->build == "7b");
    CHECK(parse_wheel_name("a-1-7b-py2.py3-none-any.whl")->pythons.size() == 2);
    for (const char* wrong :
         {"a-1.tar.gz", "a-1.whl", "a-1-none-any.whl", "a--py3-none-any.whl", "a-1-2-3-py3-none-any.whl"})
        CHECK_FALSE(parse_wheel_name(wrong));
}

// The number of tags and the places below were compared once with packaging.tags 23 for the same interpreter.
TEST_CASE("tags stand in the order of packaging.tags") {
    const WheelTags tags = WheelTags::of(debian_contract()).value();
    const auto place = [&](const std::string& tag) {
        return tags.rank(parse_wheel_name("x-1-" + tag + ".whl").value());
    };
    const std::vector<std::string> order = {"cp311-cp311-manylinux_2_36_x86_64",
                                            "cp311-cp311-manylinux_2_17_x86_64",
                                            "cp311-cp311-manylinux2014_x86_64",
                                            "cp311-cp311-manylinux_2_5_x86_64",
                                            "cp311-cp311-manylinux1_x86_64",
                                            "cp311-cp311-linux_x86_64",
                                            "cp311-abi3-manylinux_2_36_x86_64",
                                            "cp311-none-manylinux_2_36_x86_64",
                                            "cp310-abi3-manylinux_2_36_x86_64",
                                            "cp310-abi3-linux_x86_64",
                                            "cp39-abi3-manylinux_2_36_x86_64",
                                            "cp32-abi3-linux_x86_64",
                                            "py311-none-manylinux_2_36_x86_64",
                                            "py3-none-manylinux_2_36_x86_64",
                                            "py310-none-manylinux_2_36_x86_64",
                                            "py30-none-linux_x86_64",
                                            "cp311-none-any",
                                            "py311-none-any",
                                            "py3-none-any",
                                            "py310-none-any",
                                            "py30-none-any"};
    for (std::size_t n = 1; n < order.size(); ++n) {
        INFO(order[n]);
        REQUIRE(place(order[n - 1]));
        REQUIRE(place(order[n]));
        CHECK(*place(order[n - 1]) < *place(order[n]));
    }
    CHECK(place("cp311-cp311-manylinux_2_36_x86_64") == 0U);
    CHECK(place("py30-none-any") == tags.size() - 1);
    CHECK(tags.size() == 914);
    for (const char* no :
         {"cp312-cp312-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_37_x86_64", "cp310-cp310-linux_x86_64",
          "cp311-cp311-musllinux_1_2_x86_64", "cp311-cp311-manylinux_2_17_aarch64", "cp311-cp311-win_amd64",
          "cp312-abi3-linux_x86_64", "cp311-cp311d-linux_x86_64", "py2-none-any", "cp31-abi3-linux_x86_64"})
        CHECK_FALSE(place(no));
}

TEST_CASE("the best of a version's wheels is chosen") {
    CHECK(chosen({"a-1-py3-none-any.whl", "a-1-cp39-abi3-manylinux_2_17_x86_64.whl",
                  "a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"}) ==
          "a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
    CHECK(chosen({"a-1-cp37-abi3-manylinux_2_17_x86_64.whl", "a-1-cp37-abi3-manylinux_2_28_x86_64.whl"}) ==
          "a-1-cp37-abi3-manylinux_2_28_x86_64.whl");
    CHECK(chosen({"a-1-py3-none-any.whl", "a-1-2-py3-none-any.whl", "a-1-10-py3-none-any.whl",
                  "a-1-10a-py3-none-any.whl"}) == "a-1-10a-py3-none-any.whl");
    CHECK(chosen({"a-1-10-py3-none-any.whl", "a-1-py3-none-any.whl"}) == "a-1-10-py3-none-any.whl");
    CHECK(chosen({"a-1-cp312-cp312-linux_x86_64.whl", "a-1.tar.gz"}).empty());
    CHECK(chosen({}).empty());
}

TEST_CASE("other interpreters and C libraries have their own tags") {
    CHECK(chosen({"a-1-cp313-cp313t-linux_x86_64.whl"}, debian_contract("3.13.1", "313t")) ==
          "a-1-cp313-cp313t-linux_x86_64.whl");
    CHECK(chosen({"a-1-cp39-abi3-linux_x86_64.whl", "a-1-cp313-cp313-linux_x86_64.whl"},
                 debian_contract("3.13.1", "313t"))
              .empty());
    CHECK(chosen({"a-1-py3-none-manylinux_2_31_x86_64.whl"}, debian_contract("3.9.2", "39", "2.28")).empty());
    BaseContract none = debian_contract();
    none.python.reset();
    CHECK_FALSE(WheelTags::of(none));
    CHECK_FALSE(WheelTags::of(debian_contract("3.11.2", "311", "")));
    CHECK_FALSE(WheelTags::of(debian_contract("2.7.18", "27mu")));
    none = debian_contract();
    none.architecture = "arm64";
    CHECK_FALSE(WheelTags::of(none));
}
