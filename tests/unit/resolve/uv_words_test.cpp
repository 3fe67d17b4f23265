// SPDX-License-Identifier: Apache-2.0
// The words are those of uv 0.13.9; where it needs a server to say them, of one on loopback.
#include "resolve/uv_words.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("what uv says where it cannot resolve, and what that is") {
    struct Row {
        const char* said;
        UvFailure failure;
    };
    const Row rows[] = {
        {R"(error: No solution found when resolving dependencies
  cause: Because you require six==1.0 and six==2.0, we can conclude that your requirements are unsatisfiable.)",
         UvFailure::no_solution},
        {R"(error: No solution found when resolving dependencies
  cause: Because six was not found in the package registry and you require six, we can conclude that your requirements are unsatisfiable.

hint: An index URL (http://127.0.0.1:18761/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized))",
         UvFailure::no_login},
        {R"(error: Couldn't parse requirement in `requirements-0.txt` at position 0
  cause: no such comparison operator "=", must be one of ~= == != <= >= < > ===
         six=1
            ^^)",
         UvFailure::no_requirement},
        {R"(error: Failed to download and build `hidden @ git+https://git.invalid/hidden`
  cause: Git operation failed
  cause: failed to clone into: c/git-v2/db/b55f5269ef82485f
  cause: process didn't exit successfully: `/usr/bin/git fetch --force --update-head-ok 'https://git.invalid/hidden' '+HEAD:refs/remotes/origin/HEAD'` (exit status: 128)
         --- stderr
         fatal: transport 'https' not allowed)",
         UvFailure::repository},
        {R"(error: Failed to fetch: http://127.0.0.1:18762/simple/six/
  cause: error sending request for url (http://127.0.0.1:18762/simple/six/)
  cause: client error (Connect)
  cause: tcp connect error
  cause: Connection refused (os error 111))",
         UvFailure::unreachable},
        {R"(error: Failed to fetch: http://127.0.0.1:18763/simple/six/
  cause: HTTP status server error (500 Internal Server Error) for url (http://127.0.0.1:18763/simple/six/))",
         UvFailure::unreachable},
        {"error: File not found: `x.txt`", UvFailure::other},
        {"", UvFailure::other},
    };
    for (const Row& row : rows) {
        INFO(row.said);
        CHECK(read_uv_failure(row.said) == row.failure);
        CHECK_FALSE(read_failed_build(row.said));
    }
}

TEST_CASE("an sdist that uv would have built is named, however its lines are wrapped") {
    const std::string said = R"(error: Failed to build `old-thing==1.0.post1`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta:__legacy__.prepare_metadata_for_build_wheel` failed (exit status: 41)
)";
    CHECK(read_failed_build(said) == std::pair(std::string("old-thing"), std::string("1.0.post1")));
    CHECK(read_failed_build("  x Failed to download and\n  | build `a==2`\n  `-> failed (exit\n      status: 41)") ==
          std::pair(std::string("a"), std::string("2")));
    // Another failure of a backend is not the inert Python's.
    CHECK_FALSE(read_failed_build("error: Failed to build `a==2`\n  cause: failed (exit status: 1)"));
    CHECK_FALSE(read_failed_build("error: Failed to build `a @ file:///x`\n  cause: failed (exit status: 41)"));
}

TEST_CASE("versions of uv that are understood") {
    CHECK(is_new_enough_uv("uv 0.8.0\n"));
    CHECK(is_new_enough_uv("uv 0.13.9 (x86_64-unknown-linux-gnu)"));
    CHECK(is_new_enough_uv("uv 1.0"));
    for (const char* text : {"uv 0.7.22", "uv", "uv 0", "uvx 0.9.1", "uv x.9", "0.9.0", ""})
        CHECK_FALSE(is_new_enough_uv(text));
}
