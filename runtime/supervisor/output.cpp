// SPDX-License-Identifier: Apache-2.0
#include "supervisor/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace tmplbuild::launch {

static constexpr std::size_t max_line = 16 << 10;

void PodLog::hide(const std::string& secret) {
    if (secret.size() >= 6) secrets_.push_back(secret);
}

void PodLog::line(std::string_view name, std::string_view text) {
    std::string shown(text);
    for (const std::string& secret : secrets_)
        for (std::size_t at = shown.find(secret); at != std::string::npos; at = shown.find(secret, at + 3))
            shown.replace(at, secret.size(), "***");
    put(name, shown);
}

void PodLog::announce(std::string_view name, std::string_view text) { put(name, text); }

void PodLog::put(std::string_view name, std::string_view text) {
    std::string out(name);
    out += ": ";
    out += text;
    out += '\n';
    for (std::string_view rest = out; !rest.empty();) {
        const ssize_t wrote = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (wrote > 0) {
            rest.remove_prefix(static_cast<std::size_t>(wrote));
        } else if (errno == EAGAIN) {
            pollfd waiting{STDOUT_FILENO, POLLOUT, 0};
            ::poll(&waiting, 1, 100);
        } else if (errno != EINTR) {
            return;  // nobody reads the pod's log any more: the services matter more
        }
    }
}

void LineSplitter::feed(std::string_view text, const std::function<void(std::string_view)>& line) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        open_.append(text.substr(0, end));
        if (end != std::string_view::npos || open_.size() >= max_line) {
            line(open_);
            open_.clear();
        }
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

void LineSplitter::flush(const std::function<void(std::string_view)>& line) {
    if (open_.empty()) return;
    line(open_);
    open_.clear();
}

}  // namespace tmplbuild::launch
