// SPDX-License-Identifier: Apache-2.0
#include "console/pod/control_line.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"
#include "control/address.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::console {

namespace asio = boost::asio;
using boost::system::error_code;

struct ControlLine::Socket {
    explicit Socket(asio::io_context& context) : stream(context) {}
    asio::local::stream_protocol::socket stream;
    std::string sending{};
};

ControlLine::ControlLine(asio::io_context& context) : socket_(std::make_unique<Socket>(context)) {}
ControlLine::~ControlLine() = default;

ControlLine::Opened ControlLine::open(const std::vector<std::string>& folders, Handlers handlers, std::string& why) {
    std::vector<std::string> tried;
    for (const std::string& folder : folders) {
        const std::string path = control::socket_in(folder);
        const auto address = control::address_of(path);
        sys::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!address || !fd) continue;
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
            tried.push_back(path + ": " + std::strerror(errno));
            if (errno != EAGAIN) continue;
            why = tried.back();
            return Opened::full;
        }
        handlers_ = std::move(handlers);
        socket_->stream.assign(asio::local::stream_protocol(), fd.release());
        read();
        return Opened::yes;
    }
    why = join(tried, "; ");
    return Opened::nobody_there;
}

void ControlLine::read() {
    asio::async_read_until(
        socket_->stream, asio::dynamic_buffer(input_, longest_line), '\n',
        [self = shared_from_this()](error_code error, std::size_t end) {
            if (!self->handlers_.on_end) return;
            if (!error) return self->take(end);
            self->fail(error == asio::error::not_found ? "its answer is too long" : "it closed the connection");
        });
}

void ControlLine::take(std::size_t end) {
    const std::string line = input_.substr(0, end - 1);
    input_.erase(0, end);
    if (input_.empty() && input_.capacity() > (64U << 10)) input_.shrink_to_fit();
    const auto on_line = handlers_.on_line;  // it may close this line, which lets its handlers go
    on_line(line);
    if (handlers_.on_end) read();
}

void ControlLine::send(const control::Request& request) {
    waiting_ += control::write_request(request);
    write();
}

void ControlLine::write() {
    if (writing_ || waiting_.empty()) return;
    writing_ = true;
    socket_->sending = std::exchange(waiting_, {});
    asio::async_write(socket_->stream, asio::buffer(socket_->sending),
                      [self = shared_from_this()](error_code error, std::size_t) {
                          self->writing_ = false;
                          if (!self->handlers_.on_end) return;
                          if (error) return self->fail("it closed the connection");
                          self->write();
                      });
}

void ControlLine::fail(const std::string& why) {
    const auto told = std::move(handlers_.on_end);
    close();
    if (told) told(why);
}

// Whoever gave the handlers may be kept by them, and keep this line.
void ControlLine::close() {
    handlers_ = {};
    error_code ignored;
    socket_->stream.close(ignored);
}

}  // namespace tmplbuild::console
