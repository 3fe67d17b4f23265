// SPDX-License-Identifier: Apache-2.0
#include "console/web/first_screen.hpp"

#include "console/pod/kernel_words.hpp"

namespace tmplbuild::console {

namespace {

// "Password: …" and where it comes from.
std::string password_line(const Login::Found& found, bool announced) {
    const std::string warning =
        found.is_short ? ". It has fewer than 8 characters, and can be guessed: take a longer one" : "";
    switch (found.source) {
        case PasswordSource::console_password:
            return "Password: the one in CONSOLE_PASSWORD" + warning;
        case PasswordSource::jupyter_password:
            return "Password: the one in JUPYTER_PASSWORD" + warning;
        case PasswordSource::volume:
            return "Password: the one that this pod's log showed at its first start; it is kept on the volume";
        case PasswordSource::made_and_kept:
        case PasswordSource::made_for_now:
            break;
    }
    if (found.made.empty()) return "Nobody can sign in: " + found.problem;
    if (announced)
        return "Password: made now; the container's log shows it once, above this line, and no other log does";
    if (found.source == PasswordSource::made_and_kept)
        return "Password: " + found.made + "  (made now, kept on the volume; CONSOLE_PASSWORD sets your own)";
    return "Password: " + found.made + "  (made for this start, since " +
           (found.problem.empty() ? "the volume could not be used" : found.problem) + ")";
}

}  // namespace

std::optional<control::Request> password_announcement(const Login::Found& found) {
    const std::string& secret = found.made.empty() ? found.kept : found.made;
    if (secret.empty()) return std::nullopt;
    return control::Request{.kind = control::Request::Kind::announce,
                            .name = "console",
                            .secret = secret,
                            .text = found.made.empty() ? "" : password_line(found, false)};
}

std::string first_screen(const pod::PodSpec& spec, const OwnOrigins& origins, const std::optional<Login::Found>& found,
                         bool announced) {
    std::string out = "Open this pod: " + origins.for_log(spec.console_port).to_string() + "/\n";
    out += found ? password_line(*found, announced) + "\n"
                 : "No password is asked for (CONSOLE_AUTH=none): whoever knows the address can use this pod\n";
    for (const pod::Service& service : spec.services) {
        if (service.port == 0 || service.name == "gateway" || service.name == "console") continue;
        if (service.is_public && service.ready.kind != pod::Probe::Kind::http)
            out += "  " + service.name + ": port " + std::to_string(service.port) + "\n";
        else
            out += "  " + service.name + ": " + origins.for_log(service.port).to_string() + "/" +
                   (service.is_public ? "  (public: it asks for no password here)" : "") + "\n";
    }
    return out;
}

std::string kernel_screen(const status::Snapshot& snapshot) {
    std::string out;
    for (const status::Kernel& kernel : snapshot.kernels) {
        if (kernel.state == "waiting" && kernel.verdict.empty()) return {};
        out += kernel.name + ": " + kernel_words(kernel, snapshot.gpus) + "\n";
    }
    return out;
}

}  // namespace tmplbuild::console
