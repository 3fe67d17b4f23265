// SPDX-License-Identifier: Apache-2.0
#include "console/web/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <list>
#include <set>

#include "base/text.hpp"
#include "console/web/answer_text.hpp"
#include "console/web/events.hpp"
#include "control/address.hpp"
#include "podspec/gateway_user.hpp"

namespace tmplbuild::console {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Local = asio::local::stream_protocol;
using Stream = beast::basic_stream<Local>;

namespace {

// Above all that the gateway can send: what it takes of a client (4 kB and 4 times 8 kB), of which a target and an
// Upgrade (8 kB each) come twice, and its own headers. A client that sends more gets its answer from the gateway. Below
// 64 kB, since Beast throws where one field is longer.
constexpr std::uint32_t head_limit = 60 << 10;
constexpr std::size_t kept_input = 8 << 10;     // memory that a connection keeps between requests
constexpr std::uint64_t body_limit = 16 << 10;  // the gateway takes no more
constexpr std::chrono::seconds idle_pause{75}, body_pause{15}, write_pause{30}, linger_pause{2};
constexpr std::size_t linger_limit = 8 << 20;
constexpr std::chrono::seconds accept_again{1};

bool is_known_peer(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == ::geteuid() || peer.uid == 0 || peer.uid == pod::gateway_uid;
}

HeaderList headers_of(const http::fields& fields) {
    HeaderList out;
    for (const auto& field : fields) {
        const auto name = field.name_string(), value = field.value();
        out.emplace_back(to_lower({name.data(), name.size()}), std::string(value.data(), value.size()));
    }
    return out;
}

}  // namespace

// What the server needs of a connection at its own end.
struct Guest {
    Guest() = default;
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    virtual void leave() = 0;

  protected:
    ~Guest() = default;
};

struct Server::State {
    State(asio::io_context& io, Handler handle, LeavesBody leaves)
        : context(io), handler(std::move(handle)), leaves_body(std::move(leaves)), acceptor(io), again(io) {}

    asio::io_context& context;
    Handler handler;
    LeavesBody leaves_body;
    Local::acceptor acceptor;
    asio::steady_timer again;
    std::string path{};
    std::set<Guest*> guests{};
    // Those for whom nothing is being done: they send, take an answer or are silent. Who began that first comes first.
    std::list<Guest*> resting{};

    // Ends the connection of whoever has been resting longest. False where something is being done for everybody.
    bool make_room() {
        if (resting.empty()) return false;
        Guest* const longest = resting.front();
        guests.erase(longest);
        longest->leave();
        return true;
    }
};

namespace {

template <class State>
class Connection final : public Guest, public std::enable_shared_from_this<Connection<State>> {
  public:
    Connection(std::shared_ptr<State> state, Local::socket socket)
        : state_(std::move(state)), stream_(std::move(socket)) {
        state_->guests.insert(this);
    }
    ~Connection() {
        state_->guests.erase(this);
        work();
        forget_events();
    }

    // Whoever feeds its events is about to end, or its place is needed.
    void leave() override {
        has_left_ = true;
        work();
        forget_events();
        close();
    }

    void read() {
        rest();
        if (input_.capacity() > kept_input) input_.shrink_to_fit();
        parser_.emplace();
        parser_->header_limit(head_limit);
        parser_->body_limit(boost::none);  // what may be longer is known when the head is read
        stream_.expires_after(idle_pause);
        http::async_read_header(stream_, input_, *parser_,
                                [self = this->shared_from_this()](error_code error, std::size_t) {
                                    if (error) return self->refuse(error);
                                    self->take_head();
                                });
    }

  private:
    void rest() {
        work();
        place_ = state_->resting.insert(state_->resting.end(), this);
    }
    void work() {
        if (place_) state_->resting.erase(*place_);
        place_.reset();
    }

    void forget_events() {
        const auto events = std::exchange(events_, nullptr);
        if (events == nullptr) return;
        events->wake = nullptr;
        if (const auto gone = std::exchange(events->on_gone, nullptr)) gone();
    }

    void take_head() {
        if (parser_->is_done()) return take();  // it has no body, as most
        const auto request = read_request(headers_of(parser_->get().base()), {});
        if (request && state_->leaves_body && state_->leaves_body(*request)) {
            leaves_body_ = true;
            return take();
        }
        if (parser_->content_length().value_or(0) > body_limit) return refuse(http::error::body_limit);
        parser_->body_limit(body_limit);
        stream_.expires_after(body_pause);
        http::async_read(stream_, input_, *parser_, [self = this->shared_from_this()](error_code failed, std::size_t) {
            if (failed) return self->refuse(failed);
            self->take();
        });
    }

    void take() {
        work();
        stream_.expires_never();
        keep_ = parser_->keep_alive();
        auto message = parser_->release();
        is_head_ = message.method() == http::verb::head;
        auto request = read_request(headers_of(message.base()), std::move(message.body()));
        if (!request) return send(error_answer(400, request.error().message));
        is_head_ = is_head_ || request->method == "HEAD";
        state_->handler(std::move(*request),
                        [self = this->shared_from_this()](Answer answer) { self->send(std::move(answer)); });
    }

    // What is no request, or too long a one, is answered once; then the connection ends.
    void refuse(error_code error) {
        keep_ = false;
        lingers_ = true;
        if (error == http::error::header_limit) return send(error_answer(431, "the request's headers are too long"));
        if (error == http::error::body_limit) return send(error_answer(413, "the request's body is too long"));
        if (error.category() == http::make_error_code(http::error::end_of_stream).category() &&
            error != http::error::end_of_stream && error != http::error::partial_message)
            return send(error_answer(400, "this is no HTTP request"));
    }

    void send(Answer answer) {
        if (answer.hand_over) return hand_over(answer.hand_over);
        // Whoever is not handed over may still send its body.
        if (leaves_body_) keep_ = false, lingers_ = true;
        body_ = answer.body;
        const bool streams = answer.stream != nullptr && !is_head_;
        if (streams) keep_ = false;
        const bool has_length = !streams && answer.status != 204;
        head_ = head_text(answer, has_length ? BodyLength::of(body_ ? body_->size() : 0) : BodyLength{}, !keep_);
        if (is_head_) body_ = nullptr;
        write([self = this->shared_from_this(), start = std::move(answer.stream), streams] {
            if (streams) return self->begin(start);
            self->body_ = nullptr;
            if (self->keep_) return self->read();
            if (self->lingers_) return self->linger();
            self->close();
        });
    }

    // The connection is somebody else's from here on.
    void hand_over(const std::function<void(HandedConnection)>& taker) {
        HandedConnection given;
        given.received.assign(static_cast<const char*>(input_.data().data()), input_.size());
        input_.clear();
        error_code failed;
        given.socket = sys::Fd(stream_.release_socket().release(failed));
        if (!failed) taker(std::move(given));
    }

    // Whoever still sends would lose the answer if the connection ended now (RFC 9112, section 9.6).
    void linger() {
        error_code ignored;
        stream_.socket().shutdown(Local::socket::shutdown_send, ignored);
        stream_.expires_after(linger_pause);
        discard(linger_limit);
    }

    void discard(std::size_t left) {
        input_.clear();
        stream_.async_read_some(input_.prepare(kept_input),
                                [self = this->shared_from_this(), left](error_code error, std::size_t got) {
                                    if (error || got >= left) return self->close();
                                    self->discard(left - got);
                                });
    }

    template <class Then>
    void write(Then then) {
        rest();
        stream_.expires_after(write_pause);
        const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_),
                                                        body_ ? asio::buffer(*body_) : asio::const_buffer()};
        asio::async_write(stream_, buffers, [self = this->shared_from_this(), then](error_code error, std::size_t) {
            if (!error && !self->has_left_) then();
        });
    }

    void begin(const std::function<void(const std::shared_ptr<EventStream>&)>& start) {
        work();
        head_.clear();
        head_.shrink_to_fit();
        input_.clear();
        input_.shrink_to_fit();
        events_ = std::make_shared<EventStream>();
        // The stream must not keep its connection: whoever feeds the stream may live longer.
        events_->wake = [weak = this->weak_from_this()] {
            if (const auto self = weak.lock()) self->go_on();
        };
        watch_for_end();
        start(events_);
        go_on();
    }

    // A client of events sends nothing more: a read ends when it has gone.
    void watch_for_end() {
        stream_.expires_never();
        stream_.socket().async_wait(Local::socket::wait_read,
                                    [self = this->shared_from_this()](error_code) { self->close(); });
    }

    void go_on() {
        if (writing_ || events_ == nullptr) return;
        body_ = events_->next();
        if (body_ == nullptr) {
            if (events_->is_ended()) close();
            return;
        }
        writing_ = true;
        stream_.expires_after(write_pause);
        asio::async_write(stream_, asio::buffer(*body_),
                          [self = this->shared_from_this()](error_code error, std::size_t) {
                              self->writing_ = false;
                              self->stream_.expires_never();
                              self->body_ = nullptr;
                              if (error) return self->close();
                              self->go_on();
                          });
    }

    void close() {
        error_code ignored;
        stream_.socket().close(ignored);
        stream_.cancel();
    }

    std::shared_ptr<State> state_;
    Stream stream_;
    beast::flat_buffer input_{};
    std::optional<http::request_parser<http::string_body>> parser_{};
    std::string head_{};
    std::shared_ptr<const std::string> body_{};
    std::shared_ptr<EventStream> events_{};
    std::optional<std::list<Guest*>::iterator> place_{};  // among those who rest
    bool keep_ = true, is_head_ = false, writing_ = false, lingers_ = false, has_left_ = false;
    bool leaves_body_ = false;  // a body that nobody has read is on its way
};

template <class State>
void accept_next(const std::shared_ptr<State>& state) {
    state->acceptor.async_accept([state](error_code error, Local::socket socket) {
        if (error == asio::error::operation_aborted || !state->acceptor.is_open()) return;
        if (error) {
            // No descriptor is left: trying again at once would keep the processor busy.
            state->again.expires_after(accept_again);
            return state->again.async_wait([state](error_code) { accept_next(state); });
        }
        if (is_known_peer(socket.native_handle()) &&
            (state->guests.size() < Server::most_connections || state->make_room()))
            std::make_shared<Connection<State>>(state, std::move(socket))->read();
        accept_next(state);
    });
}

}  // namespace

Server::Server(asio::io_context& context, Handler handler, LeavesBody leaves_body)
    : state_(std::make_shared<State>(context, std::move(handler), std::move(leaves_body))) {}

Server::~Server() {
    close();
    for (Guest* guest : state_->guests) guest->leave();
}

void Server::close() {
    error_code ignored;
    state_->acceptor.close(ignored);
    if (!state_->path.empty()) ::unlink(state_->path.c_str());
    state_->path.clear();
}

Result<void> Server::open(const std::string& path) {
    if (!control::address_of(path)) return machine_error("'" + path + "' is too long for a socket");
    ::unlink(path.c_str());
    const mode_t before = ::umask(0117);  // 0660 from the start
    error_code error;
    state_->acceptor.open(Local(), error);
    if (!error) state_->acceptor.bind(Local::endpoint(path), error);
    ::umask(before);
    // A root without the right to give files away cannot become another user either: its gateway is root.
    if (!error && ::geteuid() == 0 && ::chown(path.c_str(), static_cast<uid_t>(-1), pod::gateway_gid) != 0 &&
        errno != EPERM)
        error = error_code(errno, boost::system::system_category());
    if (!error) state_->acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return os_error("listen at", path, error.value());
    state_->path = path;
    accept_next(state_);
    return {};
}

}  // namespace tmplbuild::console
