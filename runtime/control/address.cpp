// SPDX-License-Identifier: Apache-2.0
#include "control/address.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "sys/file.hpp"

namespace tmplbuild::control {

std::vector<std::string> run_folders(const std::string& given) {
    if (!given.empty()) return {given};
    return {"/run/tmplbuild", "/tmp/tmplbuild-" + std::to_string(::geteuid())};
}

Result<void> make_run_folder(const std::string& folder) {
    const unsigned in_tmp = ::geteuid() == 0 ? 0711 : 0700;
    return sys::make_own_folder(folder, folder.starts_with("/tmp/") ? in_tmp : 0755);
}

std::string first_run_folder(const std::string& given) {
    for (const std::string& folder : run_folders(given))
        if (make_run_folder(folder)) return folder;
    return {};
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
