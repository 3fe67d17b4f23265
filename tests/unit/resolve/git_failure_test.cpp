// SPDX-License-Identifier: Apache-2.0
// The words are those of git 2.39.
#include "resolve/git_failure.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("what git says of a fetch that failed, and what that is for the one who asked") {
    struct Row {
        const char* said;
        GitFailure failure;
        ErrorKind kind;
    };
    const Row rows[] = {
        {"fatal: transport 'file' not allowed", GitFailure::not_allowed, ErrorKind::build},
        {"fatal: unable to access 'https://host.invalid/x/': Could not resolve host: host.invalid",
         GitFailure::unreachable, ErrorKind::network},
        {"fatal: repository 'https://host.invalid/x/' not found", GitFailure::unreachable, ErrorKind::network},
        {"fatal: Authentication failed for 'https://host.invalid/x/'", GitFailure::unreachable, ErrorKind::network},
        {"", GitFailure::unreachable, ErrorKind::network},
    };
    for (const Row& row : rows) {
        INFO(row.said);
        Error failed = build_error("fetching the repository failed (exit 128)");
        failed.detail = row.said;
        CHECK(read_git_failure(row.said) == row.failure);
        const Error told = explain_git_fetch(failed);
        CHECK(told.kind == row.kind);
        CHECK(told.detail == row.said);
        const bool about_settings = told.hint.find("protocol.*.allow") != std::string::npos;
        CHECK(about_settings == (row.failure == GitFailure::not_allowed));
    }
    Error stopped{.kind = ErrorKind::interrupted, .message = "stopped"};
    CHECK(explain_git_fetch(stopped).kind == ErrorKind::interrupted);
    CHECK(explain_git_fetch(machine_error("no git")).kind == ErrorKind::machine);
}
