// SPDX-License-Identifier: Apache-2.0
#include "io/process_mark.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("a mark tells the living from the dead") {
    CHECK(io::own_mark() == io::process_mark(::getpid()));
    CHECK(io::own_mark().find('-') == std::string::npos);
    CHECK(io::maker_of(io::own_mark()) == io::Maker::alive);

    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const std::string mark = io::process_mark(child);
    CHECK(io::maker_of(mark) == io::Maker::alive);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(io::maker_of(mark) == io::Maker::dead);
    // The pid again, by another process: pids come back.
    const std::string other = io::own_mark().substr(0, io::own_mark().rfind('.')) + ".1";
    CHECK(io::maker_of(other) == io::Maker::dead);
}

TEST_CASE("nothing is said about a process of another place") {
    const std::string here = io::own_mark();
    const std::string elsewhere = (here[0] == '0' ? "1" : "0") + here.substr(1);
    CHECK(io::maker_of(elsewhere) == io::Maker::elsewhere);
    for (const char* odd : {"", ".", "x", "sha256", "1234-567"}) CHECK(io::maker_of(odd) == io::Maker::elsewhere);
}
