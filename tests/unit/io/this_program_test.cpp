// SPDX-License-Identifier: Apache-2.0
#include "io/this_program.hpp"

#include "io/process.hpp"
#include "support/catch.hpp"

using namespace tmplbuild::io;

// Run by the test below, in a process of its own.
TEST_CASE("says where its program is", "[.][own-place]") { WARN("this is " + this_program().string()); }

TEST_CASE("a program knows its own file, also when a loader started it") {
    const std::string file = BUILD_ROOT "/tests/test_io";
    SystemProcessRunner runner;
    const auto plain = runner.run({.argv = {file, "[own-place]"}}, {});
    const auto by_loader = runner.run({.argv = {"/lib64/ld-linux-x86-64.so.2", file, "[own-place]"}}, {});
    REQUIRE(plain);
    REQUIRE(by_loader);
    CHECK(plain->out.find("this is " + file + "\n") != std::string::npos);
    CHECK(by_loader->out.find("this is " + file + "\n") != std::string::npos);
    CHECK(this_program() == file);
}
