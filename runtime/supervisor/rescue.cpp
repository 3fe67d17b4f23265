// SPDX-License-Identifier: Apache-2.0
#include "supervisor/rescue.hpp"

#include <unistd.h>

#include <charconv>

#include "base/text.hpp"
#include "supervisor/environment.hpp"

namespace tmplbuild::launch {

namespace {

// $1: sshd, $2: the port, $3: why nothing else runs. Root logs in with the pod's key alone; host keys are made here.
constexpr const char* script = R"sh(set -eu
for state in /run/tmplbuild-sshd /tmp/tmplbuild-sshd-$(id -u); do
    rm -rf "$state" 2>/dev/null && (umask 077 && mkdir "$state") 2>/dev/null && break
done
umask 077
# One key a line; those that paste several in one line join them by a written "\n", "," or ";".
types='(ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)'
printf '%s\n' "$PUBLIC_KEY" | LC_ALL=C sed -E -e 's/\\n/\n/g' -e "s/[,;][ \t]*($types[ \t]+AAAA)/\n\1/g" \
    >"$state/authorized_keys"
printf '%s\n' "$3" "Only SSH runs in this pod." >"$state/why"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$state/host_key"
if [ "$(id -u)" = 0 ]; then
    mkdir -p /run/sshd && chmod 0755 /run/sshd
    if grep -q '^root:!' /etc/shadow 2>/dev/null; then usermod -p '*' root; fi
fi
umask 022
exec "$1" -D -e -f /dev/null -o "Port=$2" -o "HostKey=$state/host_key" -o "PidFile=none" -o "Banner=$state/why" \
    -o "AuthorizedKeysFile=$state/authorized_keys .ssh/authorized_keys" -o "PermitRootLogin=prohibit-password" \
    -o "PasswordAuthentication=no" -o "KbdInteractiveAuthentication=no" -o "UsePAM=no"
)sh";

std::string find_sshd(const std::vector<std::string>& environment) {
    for (const std::string& folder :
         split(value_in(environment, "PATH") + ":/usr/sbin:/usr/bin:/sbin:/usr/local/sbin", ':')) {
        const std::string file = folder + "/sshd";
        // sshd starts itself again for each session, and insists on an absolute path.
        if (file.front() == '/' && ::access(file.c_str(), X_OK) == 0) return file;
    }
    return {};
}

}  // namespace

Result<pod::PodSpec> rescue_spec(const std::string& why, const std::vector<std::string>& environment) {
    const std::string key = value_in(environment, "PUBLIC_KEY");
    if (key.empty()) return build_error("no PUBLIC_KEY in the pod's environment: no SSH either");
    if (key.find("PRIVATE KEY") != std::string::npos)
        return build_error(
            "PUBLIC_KEY holds a private key, which lets nobody in; make a new pair (ssh-keygen -t ed25519) and set "
            "PUBLIC_KEY to the .pub file's line: no SSH either");
    const std::string sshd = find_sshd(environment);
    if (sshd.empty()) return build_error("there is no sshd in this image: no SSH either");
    std::uint16_t port = 22;
    const std::string given = value_in(environment, "TMPLBUILD_SSH_PORT");
    if (!given.empty() && std::from_chars(given.data(), given.data() + given.size(), port).ec != std::errc()) port = 22;
    pod::PodSpec spec;
    spec.name = "rescue";
    pod::Service service;
    service.name = "sshd";
    service.port = port;
    service.logins = true;
    // Braces in the reason must not be read as placeholders.
    std::string text;
    for (const char c : why) text += c == '{' ? '(' : c == '}' ? ')' : c;
    service.command = {"/bin/sh", "-c", script, "sshd", sshd, std::to_string(port), text};
    service.ready.kind = pod::Probe::Kind::tcp;
    service.restart.policy = pod::Restart::Policy::on_failure;
    spec.services.push_back(std::move(service));
    return spec;
}

}  // namespace tmplbuild::launch
