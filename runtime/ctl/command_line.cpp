// SPDX-License-Identifier: Apache-2.0
#include "ctl/command_line.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild::ctl {

using control::Request;

namespace {

const std::vector<std::string> commands{"status", "logs", "start", "stop", "restart", "kernel"};

Error wrong_word(const std::string& word, const std::string& where, const std::vector<std::string>& known) {
    std::string hint = did_you_mean(word, known);
    if (hint.empty()) hint = "there is " + join(known, ", ");
    return usage_error("'" + word + "' is nothing that " + where + " knows", hint);
}

Result<CommandLine> read_service_command(const std::vector<std::string>& words) {
    if (words.size() == 1) return usage_error("'" + words[0] + "' needs the name of a service");
    if (words.size() > 2) return usage_error("'" + words[0] + "' takes one service, and nothing after its name");
    CommandLine out;
    for (const auto kind : {Request::Kind::start, Request::Kind::stop, Request::Kind::restart})
        if (words[0] == control::to_string(kind)) out.request.kind = kind;
    out.request.name = words[1];
    return out;
}

Result<CommandLine> read_kernel_command(const std::vector<std::string>& words) {
    const std::vector<std::string> known{"retry", "off"};
    if (words.size() == 1) return usage_error("'kernel' needs a word after it", "there is retry, off");
    if (std::find(known.begin(), known.end(), words[1]) == known.end()) return wrong_word(words[1], "kernel", known);
    if (words.size() > 3) return usage_error("'kernel " + words[1] + "' takes one kernel, or none for all");
    CommandLine out;
    out.request.kind = words[1] == "off" ? Request::Kind::kernel_off : Request::Kind::kernel_retry;
    if (words.size() == 3) out.request.name = words[2];
    return out;
}

Result<std::size_t> read_lines(const std::vector<std::string>& words, std::size_t at) {
    if (at >= words.size()) return usage_error("-n needs a number of lines after it");
    const std::string& number = words[at];
    if (number.empty() || number.size() > 4 || number.find_first_not_of("0123456789") != std::string::npos)
        return usage_error("'" + number + "' is no number of lines", "0 to 9999");
    return std::stoul(number);
}

Result<CommandLine> read_logs_command(const std::vector<std::string>& words) {
    CommandLine out;
    out.request.kind = Request::Kind::logs;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] == "-f" || words[i] == "--follow") {
            out.request.follow = true;
        } else if (words[i] == "-n") {
            const auto lines = read_lines(words, ++i);
            if (!lines) return lines.error();
            out.request.lines = *lines;
        } else if (words[i].starts_with("-")) {
            return wrong_word(words[i], "logs", {"-f", "--follow", "-n"});
        } else if (!out.request.name.empty()) {
            return usage_error("'logs' shows one service: '" + out.request.name + "' and '" + words[i] + "' are two");
        } else {
            out.request.name = words[i];
        }
    }
    if (out.request.name.empty())
        return usage_error("'logs' needs the name of a service", "'launcher' is the launcher's own log");
    return out;
}

Result<CommandLine> read_status_command(const std::vector<std::string>& words) {
    CommandLine out;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] == "--json")
            out.json = true;
        else if (words[i] == "-f" || words[i] == "--follow")
            out.request.kind = Request::Kind::subscribe;
        else
            return wrong_word(words[i], "status", {"--json", "--follow", "-f"});
    }
    out.request.follow = out.request.kind == Request::Kind::subscribe;
    return out;
}

}  // namespace

Result<CommandLine> read_command_line(const std::vector<std::string>& words) {
    if (words.empty()) return usage_error("tmpl-ctl needs a word that says what to do");
    if (words[0] == "status") return read_status_command(words);
    if (words[0] == "logs") return read_logs_command(words);
    if (words[0] == "kernel") return read_kernel_command(words);
    if (std::find(commands.begin(), commands.end(), words[0]) == commands.end())
        return wrong_word(words[0], "tmpl-ctl", commands);
    return read_service_command(words);
}

const char* usage() {
    return "tmpl-ctl status [--json] [--follow]   what the pod is doing; --follow: again at each change\n"
           "tmpl-ctl logs NAME [-f] [-n LINES]    the last lines of a service, or of 'launcher'; -f: and what follows\n"
           "tmpl-ctl start|stop|restart NAME      one service\n"
           "tmpl-ctl kernel retry|off [NAME]      compile again, or use no kernel until the pod ends\n";
}

}  // namespace tmplbuild::ctl
