// SPDX-License-Identifier: Apache-2.0
// Runs a credential helper as a process. Only the requested values of its output are kept, and none of it is shown.
#include <algorithm>
#include <atomic>

#include "base/text.hpp"
#include "registry/credentials.hpp"

namespace tmplbuild::registry {

static constexpr std::chrono::seconds helper_patience{60};  // a helper may have to ask a cloud
static constexpr std::size_t longest_answer = 256 << 10;    // bytes

static bool is_helper_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    });
}

Result<std::optional<Credential>> ask_helper(const std::string& name, const std::string& server,
                                             io::ProcessRunner& runner, const std::stop_token& stop) {
    if (!is_helper_name(name))
        return machine_error("'" + name + "' is no name of a credential helper",
                             "look at \"credsStore\" and \"credHelpers\" of Docker's config.json");
    const std::string program = "docker-credential-" + name;
    io::Command command{.argv = {program, "get"}, .stdin_text = server + "\n", .timeout = helper_patience};
    command.keep_tail = 0;
    // One that prints without an end is ended.
    std::stop_source end;
    const std::stop_callback pass_on(stop, [&end] { end.request_stop(); });
    std::atomic<std::size_t> printed = 0;
    command.on_line = [&](std::string_view line) {
        if ((printed += line.size() + 1) > longest_answer) end.request_stop();
    };
    auto run = runner.run(command, end.get_token());
    const auto failed = [&](const std::string& how) {
        // The helper's output is not shown, since it may be the secret itself.
        return machine_error("the credential helper " + program + " " + how + " when it was asked for '" + server + "'",
                             "try `echo " + server + " | " + program + " get`; what it prints is not shown here");
    };
    if (printed > longest_answer && !stop.stop_requested()) return failed("said too much");
    if (!run) return run.error().while_doing("asking the credential helper of '" + server + "'");
    if (run->timed_out)
        return failed("was not done after " + human_seconds(static_cast<double>(helper_patience.count())));
    // The text by which helpers say that they have none (docker-credential-helpers, credentials/error.go).
    if (run->exit_code != 0 && trim(run->out) == "credentials not found in native keychain") return std::nullopt;
    if (run->exit_code != 0) return failed("ended with code " + std::to_string(run->exit_code));
    if (run->out.size() > longest_answer) return failed("said too much");
    const auto answer = json::parse(run->out, program);
    if (!answer || !answer->is_object()) return failed("did not answer with JSON");
    const json::object& said = answer->get_object();
    Credential out{json::string_or(said, "Username", ""), json::string_or(said, "Secret", ""), "", "", program};
    if (out.password.empty()) return failed("answered without a secret");
    if (out.user == "<token>") {  // this name means that the secret is an identity token
        out.identity_token = std::move(out.password);
        out.user.clear();
        out.password.clear();
    }
    return out;
}

}  // namespace tmplbuild::registry
