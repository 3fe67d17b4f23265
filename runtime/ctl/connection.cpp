// SPDX-License-Identifier: Apache-2.0
#include "ctl/connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "control/address.hpp"

namespace tmplbuild::ctl {

static constexpr std::size_t longest_answer = 8 << 20;

Result<Connection> Connection::open() {
    const char* given = std::getenv("TMPLBUILD_RUN_DIR");
    std::vector<std::string> tried;
    for (const std::string& folder : control::run_folders(given == nullptr ? "" : given)) {
        const std::string path = control::socket_in(folder);
        const auto address = control::address_of(path);
        const int fd = address ? ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
        if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0)
            return Connection(fd);
        tried.push_back(path + ": " + std::strerror(errno));
        if (fd >= 0) ::close(fd);
    }
    return machine_error("no launcher answers here (" + join(tried, "; ") + ")",
                         "run this inside the pod, as the launcher's user");
}

Connection::~Connection() {
    if (fd_ >= 0) ::close(fd_);
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)) {}

Result<void> Connection::send(const control::Request& request) {
    const std::string text = control::write_request(request);
    if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
        return os_error("ask", "the launcher", errno);
    return {};
}

Result<json::object> Connection::receive() {
    std::size_t end = input_.find('\n');
    while (end == std::string::npos) {
        std::array<char, 65536> buffer{};
        const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || input_.size() > longest_answer) return machine_error("the launcher has closed the connection");
        const std::size_t before = input_.size();
        input_.append(buffer.data(), static_cast<std::size_t>(got));
        end = input_.find('\n', before);
    }
    auto value = json::parse(input_.substr(0, end), "the launcher's answer");
    input_.erase(0, end + 1);
    if (!value) return value.error();
    json::object* object = value->if_object();
    if (object == nullptr) return machine_error("the launcher's answer is not an object");
    if (const json::value* error = object->if_contains("error"); error != nullptr && error->is_string())
        return build_error(std::string(error->get_string()));
    return std::move(*object);
}

}  // namespace tmplbuild::ctl
