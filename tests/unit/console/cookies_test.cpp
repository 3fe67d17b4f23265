// SPDX-License-Identifier: Apache-2.0
#include "console/policy/cookies.hpp"

#include "support/catch.hpp"

namespace tmplbuild::console {
namespace {
const Origin https{"https", "abc-8188.proxy.runpod.net", 443};
const Origin plain{"http", "127.0.0.1", 8188};
}  // namespace

TEST_CASE("our cookies never pass, other people's pass as they are") {
    const std::pair<const char*, const char*> rows[] = {
        {"a=1; b=2", "a=1; b=2"},
        {" a=1;b = 2 ;;", " a=1;b = 2 ;;"},
        {"__Host-tmplbuild=secret", ""},
        {"a=1; __Host-tmplbuild=secret; b=2", "a=1; b=2"},
        {"__Host-tmplbuild=secret; a=1", "a=1"},
        {"a=1; tmplbuild-8188=secret", "a=1"},
        {"tmplbuild-8765=s; tmplbuild-nonce-8188=s; __Host-tmplbuild-nonce=s; a=1", "a=1"},
        {"a=1;__Host-tmplbuild = secret", "a=1"},
        {"a=\"x; __Host-tmplbuild=secret; b=y\"", "a=\"x; b=y\""},
        {"tmplbuild-theme=dark", "tmplbuild-theme=dark"},
        {"x__Host-tmplbuild=1", "x__Host-tmplbuild=1"},
        {"__Host-tmplbuild", ""},
        {"_xsrf=2|a|b|1; username-8888=\"2|1:0|x\"", "_xsrf=2|a|b|1; username-8888=\"2|1:0|x\""},
        {"", ""},
    };
    for (const auto& [header, rest] : rows) {
        INFO(header);
        CHECK(without_ours(header) == rest);
        CHECK(without_ours(header).find("secret") == std::string::npos);
    }
}

TEST_CASE("every value under a name is seen, since others can plant one") {
    CHECK(values_of("tmplbuild-8188=planted; x=1; tmplbuild-8188=mine", "tmplbuild-8188") ==
          std::vector<std::string>{"planted", "mine"});
    CHECK(values_of("tmplbuild-81880=1", "tmplbuild-8188").empty());
    CHECK(values_of("", "tmplbuild-8188").empty());
}

TEST_CASE("on https the cookie is bound to its host, on plain http it is named after its port") {
    CHECK(set_session(https, 8188, "t", 60) ==
          "__Host-tmplbuild=t; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60");
    CHECK(set_session(plain, 8188, "t", 0) == "tmplbuild-8188=t; Path=/; HttpOnly; SameSite=Lax");
    CHECK(set_session(plain, 8188, "", -1) == "tmplbuild-8188=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    CHECK(set_nonce(https, 8188, "n", 600) ==
          "__Host-tmplbuild-nonce=n; Path=/; HttpOnly; Secure; SameSite=None; Max-Age=600");
    CHECK(set_nonce(plain, 8188, "n", 600) == "tmplbuild-nonce-8188=n; Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
}

}  // namespace tmplbuild::console
