// SPDX-License-Identifier: Apache-2.0
// tmpl-ctl: the launcher's status and commands for a person in the pod's shell.
// Exit codes: 0 done, 1 the launcher refused, 2 the command line is wrong, 3 no launcher answers.
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "ctl/connection.hpp"
#include "ctl/show.hpp"

using namespace tmplbuild;
using control::Request;

namespace {

constexpr const char* usage =
    "tmpl-ctl status [--json] [--follow]   what the pod is doing; --follow: again at each change\n"
    "tmpl-ctl logs NAME [-f] [-n LINES]    the last lines of a service, or of 'launcher'; -f: and what follows\n"
    "tmpl-ctl start|stop|restart NAME      one service\n"
    "tmpl-ctl kernel retry|off [NAME]      compile again, or use no kernel until the pod ends\n";

struct Command {
    Request request;
    bool json = false;
};

std::optional<Command> read_service_command(const std::vector<std::string>& words) {
    for (const auto kind : {Request::Kind::start, Request::Kind::stop, Request::Kind::restart})
        if (words.size() == 2 && words[0] == to_string(kind)) return Command{{.kind = kind, .name = words[1]}};
    if (words[0] != "kernel" || words.size() < 2 || words.size() > 3) return std::nullopt;
    if (words[1] != "retry" && words[1] != "off") return std::nullopt;
    Command out{{.kind = words[1] == "off" ? Request::Kind::kernel_off : Request::Kind::kernel_retry}};
    if (words.size() == 3) out.request.name = words[2];
    return out;
}

std::optional<Command> read_command(const std::vector<std::string>& words) {
    if (words.empty()) return std::nullopt;
    if (words[0] != "status" && words[0] != "logs") return read_service_command(words);
    Command out;
    const bool logs = words[0] == "logs";
    if (logs) out.request.kind = Request::Kind::logs;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "-f" || word == "--follow") {
            out.request.follow = true;
        } else if (!logs && word == "--json") {
            out.json = true;
        } else if (logs && word == "-n" && i + 1 < words.size()) {
            const std::string& number = words[++i];
            if (number.empty() || number.size() > 4 || number.find_first_not_of("0123456789") != number.npos)
                return std::nullopt;
            out.request.lines = std::stoul(number);
        } else if (logs && out.request.name.empty() && !word.starts_with("-")) {
            out.request.name = word;
        } else {
            return std::nullopt;
        }
    }
    if (logs && out.request.name.empty()) return std::nullopt;
    if (!logs && out.request.follow) out.request.kind = Request::Kind::subscribe;
    return out;
}

void print(const Command& command, const json::object& answer) {
    if (const auto* log = answer.if_contains("log"); log != nullptr && log->is_string())
        std::cout << std::string_view(log->get_string());
    else if (const auto* done = answer.if_contains("done"); done != nullptr && done->is_string())
        std::cout << std::string_view(done->get_string()) << '\n';
    else if (answer.contains("dropped"))
        std::cout << "(" << json::int_or(answer, "dropped", 0) << " parts were left out: they were not read in time)\n";
    else if (command.json)
        std::cout << boost::json::serialize(answer) << '\n';
    else
        std::cout << ctl::show_status(answer) << (command.request.follow ? "\n" : "");
    std::cout.flush();
}

int complain(const Error& error) {
    std::cerr << "tmpl-ctl: " << error.to_string() << '\n';
    return error.kind == ErrorKind::machine ? 3 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 1 && (words[0] == "--help" || words[0] == "-h")) {
        std::cout << usage;
        return 0;
    }
    const auto command = read_command(words);
    if (!command) {
        std::cerr << usage;
        return 2;
    }
    auto connection = ctl::Connection::open();
    if (!connection) return complain(connection.error());
    if (auto sent = connection->send(command->request); !sent) return complain(sent.error());
    do {
        const auto answer = connection->receive();
        if (!answer) return complain(answer.error());
        print(*command, *answer);
    } while (command->request.follow && std::cout.good());
    return 0;
}
