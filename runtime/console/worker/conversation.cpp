// SPDX-License-Identifier: Apache-2.0
#include "console/worker/conversation.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "base/percent.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::uint64_t facts_limit = 1 << 20;
constexpr std::size_t most_values = 64;

// Two descriptors and a byte.
Result<std::array<sys::Fd, 2>> receive_descriptors(int line) {
    char word = 0;
    iovec part{&word, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(line, &message, MSG_CMSG_CLOEXEC);
    if (got < 0) return os_error("read", "the line to the web process", errno);
    const cmsghdr* const header = CMSG_FIRSTHDR(&message);
    if (got == 0 || header == nullptr || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(2 * sizeof(int)))
        return usage_error("no connection was handed over: the console starts this program itself");
    std::array<int, 2> fds{};
    std::memcpy(fds.data(), CMSG_DATA(header), sizeof fds);
    return std::array<sys::Fd, 2>{sys::Fd(fds[0]), sys::Fd(fds[1])};
}

// As browsers encode forms and queries. Names of files may hold anything but NUL, so nothing else is refused here.
std::optional<std::string> decoded(std::string_view text) {
    Decoded out = decode_percent(text, Plus::space);
    if (out.has_broken_escape || out.text.find('\0') != std::string::npos || !is_utf8(out.text)) return std::nullopt;
    return std::move(out.text);
}

}  // namespace

Conversation::Conversation(sys::Fd connection, HandedFacts facts, sys::Fd line, Patience patience)
    : facts_(std::move(facts)),
      line_(std::move(line)),
      connection_(std::move(connection), std::exchange(facts_.received, {}), line_, patience),
      body_(connection_, facts_.headers) {}

Result<std::unique_ptr<Conversation>> Conversation::receive(sys::Fd line) {
    auto given = receive_descriptors(line.get());
    if (!given) return given.error();
    auto text = sys::read_open_file((*given)[1].get(), "the request's facts", facts_limit);
    if (!text) return text.error();
    auto facts = HandedFacts::parse(*text);
    if (!facts) return facts.error();
    return std::make_unique<Conversation>(std::move((*given)[0]), std::move(*facts), std::move(line));
}

std::string Conversation::header(std::string_view name) const {
    Request holder;
    holder.headers = facts_.headers;
    return holder.header(name);
}

Reply<std::map<std::string, std::string>> Conversation::query() const {
    std::map<std::string, std::string> out;
    if (facts_.query.empty()) return out;
    for (const std::string& field : split(facts_.query, '&')) {
        const std::size_t equals = field.find('=');
        const auto name = decoded(std::string_view(field).substr(0, equals));
        const auto value = decoded(equals == std::string::npos ? "" : std::string_view(field).substr(equals + 1));
        if (!name || !value || out.size() >= most_values)
            return Refusal{400, "the address has a part after '?' that cannot be read", "write %XX for odd characters"};
        out.emplace(*name, *value);
    }
    return out;
}

Reply<json::object> Conversation::json_body(std::uint64_t limit) {
    auto text = body_.read_all(limit);
    if (!text) return text.error();
    auto parsed = json::parse(*text, "the request");
    if (!parsed) return Refusal{400, parsed.error().message, "send a JSON object"};
    if (!parsed->is_object()) return Refusal{400, "the request's body is no JSON object", {}};
    return std::move(parsed->get_object());
}

Reply<void> Conversation::begin(const Answer& head, BodyLength length) {
    line_.begin();
    has_begun_ = true;
    is_chunked_ = length.kind == BodyLength::Kind::chunked && !is_head();
    return connection_.write(head_text(head, length, true));
}

Reply<void> Conversation::write(std::string_view part) {
    if (part.empty() || is_head()) return {};
    if (!is_chunked_) return connection_.write(part);
    std::array<char, 24> size{};
    const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", part.size());
    if (auto put = connection_.write({size.data(), static_cast<std::size_t>(digits)}); !put) return put;
    if (auto put = connection_.write(part); !put) return put;
    return connection_.write("\r\n");
}

Reply<void> Conversation::send_file(int file, std::uint64_t offset, std::uint64_t size) {
    if (size == 0 || is_head()) return {};
    if (!is_chunked_) return connection_.send_file(file, offset, size);
    std::array<char, 24> text{};
    const int digits = std::snprintf(text.data(), text.size(), "%llx\r\n", static_cast<unsigned long long>(size));
    if (auto put = connection_.write({text.data(), static_cast<std::size_t>(digits)}); !put) return put;
    if (auto put = connection_.send_file(file, offset, size); !put) return put;
    return connection_.write("\r\n");
}

Reply<void> Conversation::end() {
    Reply<void> last;
    if (is_chunked_) last = connection_.write("0\r\n\r\n");
    connection_.end(!body_.is_at_end());
    return last;
}

void Conversation::answer(const Answer& whole) {
    const std::string_view text = whole.body ? std::string_view(*whole.body) : std::string_view();
    if (begin(whole, whole.status == 204 || whole.status == 304 ? BodyLength{} : BodyLength::of(text.size())) &&
        write(text))
        (void)end();
}

void Conversation::refuse(const Refusal& why) {
    if (why.status != 0 && !has_begun_) answer(error_answer(why.status, why.message, why.hint));
}

int serve_handed(int line, const std::function<Reply<void>(Conversation&)>& work) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto talk = Conversation::receive(sys::Fd(line));
    if (!talk) {
        std::fprintf(stderr, "console worker: %s\n", talk.error().message.c_str());
        return 1;
    }
    try {
        if (const auto done = work(**talk); !done) (*talk)->refuse(done.error());
    } catch (const std::exception& error) {
        (*talk)->refuse({500, std::string("this did not work: ") + error.what(), {}});
        return 1;
    }
    return 0;
}

}  // namespace tmplbuild::console
