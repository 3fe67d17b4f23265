// SPDX-License-Identifier: Apache-2.0
// tmpl-ctl: the launcher's status and commands for a person in the pod's shell.
// Exit codes: 0 done, 1 the launcher refused or the answer could not be written, 2 the command line is wrong, 3 no
// launcher answers.
#include <cerrno>
#include <iostream>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "ctl/command_line.hpp"
#include "ctl/connection.hpp"
#include "ctl/show.hpp"

using namespace tmplbuild;

namespace {

void print(const ctl::CommandLine& command, const json::object& answer) {
    if (const auto* log = answer.if_contains("log"); log != nullptr && log->is_string()) {
        std::cout << std::string_view(log->get_string());
        if (const std::string file = json::string_or(answer, "older_in", ""); !file.empty())
            std::cerr << "tmpl-ctl: these are all that are kept in memory; older lines are in " << file << '\n';
    } else if (const auto* done = answer.if_contains("done"); done != nullptr && done->is_string()) {
        std::cout << std::string_view(done->get_string()) << '\n';
    } else if (answer.contains("dropped")) {
        std::cout << "(" << json::int_or(answer, "dropped", 0) << " parts were left out: they were not read in time)\n";
    } else if (command.json) {
        std::cout << json::compact(answer) << '\n';
    } else {
        std::cout << ctl::show_status(answer) << (command.request.follow ? "\n" : "");
    }
}

int complain(const Error& error) {
    std::cerr << "tmpl-ctl: " << error.to_string() << '\n';
    return error.kind == ErrorKind::machine ? 3 : error.kind == ErrorKind::usage ? 2 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 1 && (words[0] == "--help" || words[0] == "-h")) {
        std::cout << ctl::usage();
        return std::cout.flush() ? 0 : 1;
    }
    const auto command = ctl::read_command_line(words);
    if (!command) {
        const int code = complain(command.error());
        std::cerr << ctl::usage();
        return code;
    }
    auto connection = ctl::Connection::open();
    if (!connection) return complain(connection.error());
    if (auto sent = connection->send(command->request); !sent) return complain(sent.error());
    do {
        const auto answer = connection->receive();
        if (!answer) return complain(answer.error());
        print(*command, *answer);
        errno = 0;
        if (!std::cout.flush()) return complain(os_error("write", "the answer to stdout", errno));
    } while (command->request.follow);
    return 0;
}
