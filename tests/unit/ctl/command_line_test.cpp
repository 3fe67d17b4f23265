// SPDX-License-Identifier: Apache-2.0
#include "ctl/command_line.hpp"

#include "base/text.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using control::Request;

namespace {

std::string said(const std::string& words) {
    const auto read = ctl::read_command_line(split(words, ' '));
    return read ? "fine" : read.error().message + " | " + read.error().hint;
}

}  // namespace

TEST_CASE("tmpl-ctl's words are read") {
    const auto logs = ctl::read_command_line({"logs", "web", "-n", "1000", "-f"}).value();
    CHECK(logs.request.kind == Request::Kind::logs);
    CHECK(logs.request.name == "web");
    CHECK(logs.request.lines == 1000);
    CHECK(logs.request.follow);
    CHECK(ctl::read_command_line({"status", "--json", "-f"}).value().request.kind == Request::Kind::subscribe);
    CHECK(ctl::read_command_line({"restart", "web"}).value().request.kind == Request::Kind::restart);
    CHECK(ctl::read_command_line({"kernel", "off"}).value().request.kind == Request::Kind::kernel_off);
}

TEST_CASE("a wrong word of tmpl-ctl is named") {
    CHECK(said("statsu") == "'statsu' is nothing that tmpl-ctl knows | did you mean 'status'?");
    CHECK(said("frobnicate").find("there is status, logs, start, stop, restart, kernel") != std::string::npos);
    CHECK(said("status --jsno").find("'--jsno'") == 0);
    CHECK(said("logs").find("needs the name of a service") != std::string::npos);
    CHECK(said("logs web -n x").find("'x' is no number of lines") == 0);
    CHECK(said("logs web api").find("'web' and 'api' are two") != std::string::npos);
    CHECK(said("kernel rety") == "'rety' is nothing that kernel knows | did you mean 'retry'?");
    CHECK(said("stop") == "'stop' needs the name of a service | ");
    CHECK(ctl::read_command_line({}).error().kind == ErrorKind::usage);
}
