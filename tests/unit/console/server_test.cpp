// SPDX-License-Identifier: Apache-2.0
// The server on its socket: what it takes, what it refuses in words, and streams that end well.
#include "console/web/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "console/web/events.hpp"
#include "support/catch.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {
namespace {

// A server with a client in the same thread: the client never waits, the server gets its turns.
class Served {
  public:
    explicit Served(Server::Handler handler)
        : folder_(sys::TempDirectory::make("/tmp", "server-").value()),
          server_(std::in_place, context_, std::move(handler)) {
        server_->open(path()).value();
    }
    std::string path() const { return folder_.path() / "s.sock"; }
    sys::Fd connect() const {
        sys::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        return fd;
    }
    void turn(int ms = 20) {
        context_.restart();
        context_.run_for(std::chrono::milliseconds(ms));
    }
    // Sends as much as the server takes, and gives all that it answers.
    std::string talk(const sys::Fd& fd, std::string_view text, int turns = 20) {
        std::string out;
        for (int i = 0; i < turns; ++i) {
            if (!text.empty()) {
                const ssize_t put = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
                if (put > 0) text.remove_prefix(static_cast<std::size_t>(put));
                CHECK((put > 0 || errno == EAGAIN));  // nobody ends the connection while something is sent
            }
            turn(2);
            std::array<char, 65536> part{};
            for (ssize_t got = 0; (got = ::read(fd.get(), part.data(), part.size())) > 0;)
                out.append(part.data(), static_cast<std::size_t>(got));
        }
        return out;
    }
    std::string ask(std::string_view text) { return talk(connect(), text); }
    void end() { server_.reset(); }

  private:
    sys::TempDirectory folder_;
    boost::asio::io_context context_{1};
    std::optional<Server> server_;
};

const std::string from_gateway =
    "Host: localhost:8765\r\nX-Tmplbuild-Phase: page\r\nX-Tmplbuild-Port: 8765\r\nX-Tmplbuild-Method: GET\r\n"
    "X-Tmplbuild-Target: /x\r\n";

int count(const std::string& text, const std::string& word) {
    int found = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("a connection serves one request after the other, and its socket is for two users") {
    int asked = 0;
    Served served([&](Request request, Respond respond) {
        ++asked;
        respond(text_answer(200, request.method + " " + request.target + " " + request.body));
    });
    struct stat facts {};
    REQUIRE(::stat(served.path().c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0660);
    const std::string request = "GET /x HTTP/1.1\r\n" + from_gateway + "Content-Length: 2\r\n\r\nhi";
    const std::string answers = served.ask(request + request + request);
    CHECK(asked == 3);
    CHECK(count(answers, "HTTP/1.1 200 OK\r\n") == 3);
    CHECK(count(answers, "GET /x hi") == 3);
    CHECK(count(answers, "Connection: close") == 0);
}

TEST_CASE("a header of an answer cannot be ended by its value") {
    Served served([](Request, Respond respond) {
        respond(text_answer(200, "").with("X-Value", std::string("a\r\nSet-Cookie: x=1\r\n\r\n\0b", 24)));
    });
    const std::string answer = served.ask("GET / HTTP/1.1\r\n" + from_gateway + "\r\n");
    CHECK(answer.find("X-Value: a  Set-Cookie: x=1") != std::string::npos);
    CHECK(count(answer, "\r\n\r\n") == 1);
}

TEST_CASE("HEAD has the headers of GET and no body; 204 has no length") {
    Served served([](Request request, Respond respond) {
        respond(request.path == "/none" ? bare_answer(204) : text_answer(200, "body"));
    });
    const std::string head = served.ask("HEAD / HTTP/1.1\r\n" + from_gateway + "\r\n");
    CHECK(head.find("Content-Length: 4\r\n") != std::string::npos);
    CHECK(head.ends_with("\r\n\r\n"));
    std::string none = from_gateway;
    none.replace(none.find("/x"), 2, "/none");
    CHECK(served.ask("GET / HTTP/1.1\r\n" + none + "\r\n") == "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("what is no request of the gateway is refused in words") {
    int asked = 0;
    Served served([&](Request, Respond respond) {
        ++asked;
        respond(text_answer(200, ""));
    });
    CHECK(served.ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    CHECK(served.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").find("did not come through the gateway") !=
          std::string::npos);
    CHECK(served.ask("GET / HTTP/1.1\r\n" + from_gateway + "X-Long: " + std::string(70'000, 'x') + "\r\n\r\n")
              .starts_with("HTTP/1.1 431 "));
    const std::string long_body(300'000, 'x');
    CHECK(served.ask("POST / HTTP/1.1\r\n" + from_gateway + "Content-Length: 300000\r\n\r\n" + long_body)
              .starts_with("HTTP/1.1 413 "));
    CHECK(served.ask("POST / HTTP/1.1\r\n" + from_gateway + "Transfer-Encoding: chunked\r\n\r\n493E0\r\n" + long_body)
              .starts_with("HTTP/1.1 413 "));
    CHECK(asked == 0);
    CHECK(served.ask("GET / HTTP/1.1\r\n" + from_gateway + "X-Long: " + std::string(55'000, 'x') + "\r\n\r\n")
              .starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a stream of events: its client's end and the server's end are told once") {
    int gone = 0;
    std::shared_ptr<EventStream> stream;
    Served served([&](Request, Respond respond) {
        respond(event_answer([&](const std::shared_ptr<EventStream>& one) {
            stream = one;
            one->on_gone = [&] { ++gone; };
            one->put_state(std::make_shared<const std::string>(event_text("state", "first")));
        }));
    });
    const std::string request = "GET / HTTP/1.1\r\n" + from_gateway + "\r\n";
    auto client = served.connect();
    const std::string begin = served.talk(client, request);
    CHECK(begin.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(begin.ends_with("event: state\ndata: first\n\n"));
    stream->put_state(std::make_shared<const std::string>("second\n\n"));
    CHECK(served.talk(client, "") == "second\n\n");
    client.reset();
    served.turn();
    CHECK(gone == 1);
    stream->put_state(std::make_shared<const std::string>("nobody hears it"));
    const auto other = served.connect();
    served.talk(other, request);
    served.end();
    CHECK(gone == 2);
}

TEST_CASE("where no place is left, the connection that was silent for longest makes room") {
    Served served([](Request, Respond respond) { respond(text_answer(200, "")); });
    const std::string request = "GET / HTTP/1.1\r\n" + from_gateway + "\r\n";
    std::vector<sys::Fd> many;
    for (std::size_t i = 0; i < Server::most_connections; ++i) {
        many.push_back(served.connect());
        if (i % 64 == 63) served.turn();
    }
    CHECK(served.talk(many.front(), request).starts_with("HTTP/1.1 200 "));  // now the second one is the most silent
    CHECK(served.ask(request).starts_with("HTTP/1.1 200 "));
    char byte = 0;
    CHECK(::read(many[1].get(), &byte, 1) == 0);
    CHECK(served.talk(many[2], request).starts_with("HTTP/1.1 200 "));
    CHECK(served.talk(many.front(), request).starts_with("HTTP/1.1 200 "));
    for (int i = 0; i < 100; ++i) served.connect();  // and whoever comes and goes takes nobody's place for long
    served.turn();
    CHECK(served.talk(many.back(), request).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("nobody loses its place who waits for an answer or watches events") {
    std::vector<Respond> waiting;
    std::vector<std::shared_ptr<EventStream>> streams;
    Served served([&](Request request, Respond respond) {
        if (request.path == "/wait") return waiting.push_back(std::move(respond));
        respond(event_answer([&](const std::shared_ptr<EventStream>& one) { streams.push_back(one); }));
    });
    std::string request = "GET / HTTP/1.1\r\n" + from_gateway + "\r\n", wait = request;
    wait.replace(wait.find("/x"), 2, "/wait");
    std::vector<sys::Fd> many;
    for (std::size_t i = 0; i < Server::most_connections; ++i) {
        many.push_back(served.connect());
        served.talk(many.back(), i % 4 == 0 ? request : wait, 1);
    }
    served.turn();
    CHECK(streams.size() + waiting.size() == Server::most_connections);
    CHECK(served.ask(request).empty());
    waiting.front()(text_answer(200, "late"));
    CHECK(served.talk(many[1], "").find("late") != std::string::npos);
    CHECK(served.ask(request).starts_with("HTTP/1.1 200 "));  // its place, now that it has its answer
}

}  // namespace tmplbuild::console
