// SPDX-License-Identifier: Apache-2.0
#include "sys/process_mark.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("a mark tells the living from the dead") {
    CHECK(sys::own_mark() == sys::process_mark(::getpid()));
    CHECK(sys::own_mark().find('-') == std::string::npos);
    CHECK(sys::maker_of(sys::own_mark()) == sys::Maker::alive);

    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const std::string mark = sys::process_mark(child);
    CHECK(sys::maker_of(mark) == sys::Maker::alive);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(sys::maker_of(mark) == sys::Maker::dead);
    // The pid again, by another process: pids come back.
    const std::string other = sys::own_mark().substr(0, sys::own_mark().rfind('.')) + ".1";
    CHECK(sys::maker_of(other) == sys::Maker::dead);
}

TEST_CASE("nothing is said about a process of another place") {
    const std::string here = sys::own_mark();
    const std::string elsewhere = (here[0] == '0' ? "1" : "0") + here.substr(1);
    CHECK(sys::maker_of(elsewhere) == sys::Maker::elsewhere);
    for (const char* odd : {"", ".", "x", "sha256", "1234-567"}) CHECK(sys::maker_of(odd) == sys::Maker::elsewhere);
}
