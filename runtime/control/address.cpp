// SPDX-License-Identifier: Apache-2.0
#include "control/address.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace tmplbuild::control {

std::vector<std::string> run_folders(const std::string& given) {
    if (!given.empty()) return {given};
    return {"/run/tmplbuild", "/tmp/tmplbuild-" + std::to_string(::geteuid())};
}

std::string socket_in(const std::string& folder) { return folder + "/control.sock"; }

std::optional<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
}

}  // namespace tmplbuild::control
