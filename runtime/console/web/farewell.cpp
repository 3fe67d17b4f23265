// SPDX-License-Identifier: Apache-2.0
#include "console/web/farewell.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

#include "console/web/answer_text.hpp"

namespace tmplbuild::console {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::seconds longest_farewell{2};
constexpr std::size_t most_discarded = 8 << 20;  // bytes

struct Farewell : std::enable_shared_from_this<Farewell> {
    Farewell(asio::io_context& context, sys::Fd fd) : connection(context, fd.release()), limit(context) {}
    ~Farewell() { ::shutdown(connection.native_handle(), SHUT_RDWR); }

    void begin() {
        limit.expires_after(longest_farewell);
        limit.async_wait([weak = weak_from_this()](error_code error) {
            const auto self = weak.lock();
            if (!self || error) return;
            self->is_over = true;  // of a client that sends without a pause, no read may be pending now
            self->connection.cancel();
        });
        asio::async_write(connection, asio::buffer(text), [self = shared_from_this()](error_code error, std::size_t) {
            if (error) return;
            ::shutdown(self->connection.native_handle(), SHUT_WR);
            self->discard();
        });
    }
    void discard() {
        if (is_over) return;
        connection.async_read_some(asio::buffer(part), [self = shared_from_this()](error_code error, std::size_t got) {
            self->discarded += got;
            if (!error && self->discarded < most_discarded) self->discard();
        });
    }

    asio::posix::stream_descriptor connection;
    asio::steady_timer limit;
    std::string text{};
    std::array<char, 8192> part{};
    std::size_t discarded = 0;
    bool is_over = false;
};

}  // namespace

void say_farewell(asio::io_context& context, sys::Fd connection, const Answer& answer, bool to_head) {
    if (!connection) return;
    const auto farewell = std::make_shared<Farewell>(context, std::move(connection));
    farewell->text = head_text(answer, BodyLength::of(answer.body ? answer.body->size() : 0), true);
    if (answer.body && !to_head) farewell->text += *answer.body;
    farewell->begin();
}

}  // namespace tmplbuild::console
