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
        {"__Host-tmplbuild-known=secret; a=1; tmplbuild-known-8188=secret", "a=1"},
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

TEST_CASE("two pods by ssh -L on one host have cookies of their own: the browser's port names them") {
    CHECK(set_session({"http", "localhost", 9001}, "t", 0).starts_with("tmplbuild-9001=t;"));
    CHECK(set_nonce({"http", "localhost", 9002}, "n", 0).starts_with("tmplbuild-nonce-9002=n;"));
}

TEST_CASE("on https the cookie is bound to its host, on plain http it is named after its port") {
    CHECK(set_session(https, "t", 60) == "__Host-tmplbuild=t; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60");
    CHECK(set_session(plain, "t", 0) == "tmplbuild-8188=t; Path=/; HttpOnly; SameSite=Lax");
    CHECK(set_session(plain, "", -1) == "tmplbuild-8188=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    CHECK(set_nonce(https, "n", 600) ==
          "__Host-tmplbuild-nonce=n; Path=/; HttpOnly; Secure; SameSite=None; Max-Age=600");
    CHECK(set_nonce(plain, "n", 600) == "tmplbuild-nonce-8188=n; Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
    CHECK(set_known(https, "k", 9) == "__Host-tmplbuild-known=k; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=9");
    CHECK(set_known(plain, "k", 9) == "tmplbuild-known-8188=k; Path=/; HttpOnly; SameSite=Lax; Max-Age=9");
}

}  // namespace tmplbuild::console
