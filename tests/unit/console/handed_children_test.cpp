// SPDX-License-Identifier: Apache-2.0
// Connections that are handed to a process: the real server, real processes (this test program again, with a hidden
// test case), and clients that do what clients do.
#include "console/web/handed_children.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <csignal>
#include <future>
#include <list>
#include <thread>

#include "console/web/server.hpp"
#include "console/worker/conversation.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {
namespace {

// The machine may be busy: what is no test of the deadline has time.
constexpr std::chrono::milliseconds short_deadline{800}, usual_deadline{10'000};

// The console's part: a server whose requests all go to the worker that their path names.
class HandingServer {
  public:
    explicit HandingServer(std::size_t most = 4, std::size_t most_of_kind = 3,
                           std::vector<std::string> command = {"/proc/self/exe", "--out", "/dev/null"},
                           std::chrono::milliseconds deadline = usual_deadline)
        : folder_(sys::TempDirectory::make("/tmp", "handed-").value()) {
        HandedSettings settings{.command = std::move(command), .environment = {}};
        settings.deadline = deadline;
        settings.long_deadline = 3 * deadline;
        settings.most = most;
        settings.most_of_kind = most_of_kind;
        std::signal(SIGPIPE, SIG_IGN);  // as the console does
        children_.emplace(context_, std::move(settings));
        server_.emplace(
            context_, [this](Request request, Respond respond) { take(std::move(request), respond); },
            [](const Request& request) { return request.path != "/own"; });
        server_->open(path()).value();
        runner_ = std::thread([this] { context_.run(); });
    }
    ~HandingServer() {
        context_.stop();
        runner_.join();
        server_.reset();
        children_.reset();
    }
    std::string path() const { return folder_.path() / "s.sock"; }
    std::size_t running() {
        std::promise<std::size_t> all;
        boost::asio::post(context_, [&] { all.set_value(children_->running()); });
        return all.get_future().get();
    }
    bool has_soon(std::size_t workers) {
        for (int i = 0; i < 400; ++i) {
            if (running() == workers) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }
    bool is_idle_soon() { return has_soon(0); }

  private:
    // "/WORKER/kind"
    void take(Request request, const Respond& respond) {
        if (request.path == "/own") return respond(text_answer(200, "own " + request.body));
        if (request.path == "/refused") return respond(error_answer(401, "who are you?"));
        const std::size_t slash = request.path.find('/', 1);
        const std::string name = "handed worker: " + request.path.substr(1, slash - 1);
        names_.push_back(name);
        kinds_.push_back(request.path.substr(slash + 1));
        const HandedTo to{names_.back().c_str(), kinds_.back().c_str()};
        HandedFacts facts{.route = "POST /x/{}", .method = request.method, .words = {"a b"}, .query = request.query};
        facts.headers = without_credentials(request.headers);
        respond(handed_answer(
            [this, to, facts](HandedConnection connection) { children_->start(to, std::move(connection), facts); }));
    }

    sys::TempDirectory folder_;
    boost::asio::io_context context_{1};
    std::list<std::string> names_{}, kinds_{};
    std::optional<HandedChildren> children_{};
    std::optional<Server> server_{};
    std::thread runner_{};
};

class Client {
  public:
    explicit Client(const HandingServer& server) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        server.path().copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        const timeval limit{10, 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    Client& send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t put = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (put <= 0) break;
            text.remove_prefix(static_cast<std::size_t>(put));
        }
        return *this;
    }
    std::string rest() {
        std::string out;
        std::array<char, 65536> part{};
        for (ssize_t got = 0; (got = ::read(fd_.get(), part.data(), part.size())) > 0;)
            out.append(part.data(), static_cast<std::size_t>(got));
        return out;
    }
    std::string until(const std::string& word) {
        std::string out;
        for (char c = 0; out.find(word) == std::string::npos && ::read(fd_.get(), &c, 1) == 1;) out += c;
        return out;
    }
    void leave() { fd_.reset(); }

  private:
    sys::Fd fd_;
};

struct HurriedServer : HandingServer {
    HurriedServer() : HandingServer(4, 3, {"/proc/self/exe", "--out", "/dev/null"}, short_deadline) {}
};

std::string head(const std::string& target, const std::string& more = "", const std::string& method = "POST") {
    return method +
           " / HTTP/1.1\r\nHost: localhost:8765\r\nCookie: secret=1\r\nAuthorization: Bearer x\r\n"
           "X-Tmplbuild-Phase: page\r\nX-Tmplbuild-Port: 8765\r\nX-Tmplbuild-Method: " +
           method + "\r\nX-Tmplbuild-Target: " + target + "\r\n" + more + "\r\n";
}
std::string ask(const HandingServer& server, const std::string& request) { return Client(server).send(request).rest(); }
std::string body_after_head(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

}  // namespace

// The workers: what /proc/self/exe runs.
TEST_CASE("handed worker: echo", "[.worker]") {
    serve_handed(0, [](Conversation& talk) -> Reply<void> {
        auto body = talk.body().read_all(1 << 20);
        if (!body) return body.error();
        std::string text = talk.facts().route + "|" + talk.facts().words.front() + "|";
        const auto values = talk.query();
        if (!values) return values.error();
        for (const auto& [name, value] : *values) text += name + "=" + value + ";";
        for (const auto& [name, value] : talk.facts().headers)
            if (name == "cookie" || name == "authorization") text += "CREDENTIAL";
        talk.answer(text_answer(200, text + "|" + *body));
        return {};
    });
}
TEST_CASE("handed worker: hang", "[.worker]") {
    serve_handed(0, [](Conversation& talk) -> Reply<void> {
        const int held = ::open(talk.query().value().at("lock").c_str(), O_RDWR | O_CREAT, 0600);
        ::flock(held, LOCK_EX);
        if (::fork() == 0) ::pause();  // it has the lock, too
        for (;;) ::pause();
    });
}
TEST_CASE("handed worker: hang later", "[.worker]") {
    serve_handed(0, [](Conversation& talk) -> Reply<void> {
        (void)talk.begin(text_answer(200, ""), BodyLength::of(100));
        (void)talk.write("half");
        for (;;) ::pause();
    });
}
TEST_CASE("handed worker: die", "[.worker]") { ::_exit(3); }
TEST_CASE("handed worker: work on", "[.worker]") {
    serve_handed(0, [](Conversation& talk) -> Reply<void> {
        for (int i = 0; i < 12; ++i) {
            talk.line().at_work();
            std::this_thread::sleep_for(short_deadline / 10);
        }
        talk.line().long_step();
        std::this_thread::sleep_for(3 * short_deadline / 2);
        talk.answer(text_answer(200, "done"));
        return {};
    });
}
TEST_CASE("handed worker: wait for the client's end", "[.worker]") {
    serve_handed(0, [](Conversation& talk) -> Reply<void> {
        while (!talk.is_client_gone()) {
            talk.line().at_work();
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return {};
    });
}
TEST_CASE("handed worker: stream", "[.worker]") {
    serve_handed(0, [](Conversation& talk) -> Reply<void> {
        if (auto begun = talk.begin(text_answer(200, ""), BodyLength::chunked()); !begun) return begun;
        (void)talk.write("one,");
        const sys::Fd file(::memfd_create("file", 0));
        (void)!::write(file.get(), "0123456789", 10);
        if (auto sent = talk.send_file(file.get(), 2, 5); !sent) return sent;
        return talk.end();
    });
}

TEST_CASE("a worker gets the request's facts and its body, and nothing that proves who sends it") {
    HandingServer server;
    const std::string answer = ask(server, head("/echo/a?x=a%0Ab&y=%C3%A4+1", "Content-Length: 5\r\n") + "hello");
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
    CHECK(answer.find("Content-Security-Policy: default-src 'none'") != std::string::npos);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(body_after_head(answer) == "POST /x/{}|a b|x=a\nb;y=ä 1;|hello");
    CHECK(ask(server, head("/echo/a?x=%zz")).starts_with("HTTP/1.1 400 "));
    CHECK(ask(server, head("/echo/a?x=%00")).starts_with("HTTP/1.1 400 "));
    CHECK(server.is_idle_soon());
    // The server's own requests come as before, bounded, on a connection that stays.
    Client client(server);
    client.send(head("/own", "Content-Length: 2\r\n") + "hi");
    CHECK(client.until("own hi").ends_with("own hi"));
    client.send(head("/own", "Content-Length: 16385\r\n"));
    CHECK(client.rest().starts_with("HTTP/1.1 413 "));
}

TEST_CASE("a body comes whole, however it comes") {
    HandingServer server;
    const std::string big(300'000, 'x');
    CHECK(body_after_head(ask(server, head("/echo/a", "Content-Length: 300000\r\n") + big)).ends_with("|" + big));
    const std::string chunks = "5;x=y\r\nhello\r\n1\r\n \r\n493e0\r\n" + big + "\r\n0\r\nTrailer: 1\r\n\r\n";
    const std::string chunked = head("/echo/a", "Transfer-Encoding: chunked\r\n");
    CHECK(body_after_head(ask(server, chunked + chunks)).ends_with("|hello " + big));
    SECTION("in pieces") {
        HurriedServer hurried;
        Client client(hurried);
        client.send(chunked).send("5\r").send("\nhel");
        std::this_thread::sleep_for(3 * short_deadline / 2);  // a slow client is no frozen volume
        client.send("lo\r\n0\r\n\r\n");
        CHECK(body_after_head(client.rest()).ends_with("|hello"));
    }
    SECTION("after the word that it may come") {
        Client client(server);
        client.send(head("/echo/a", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
        CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("hello");
        CHECK(client.rest().find("|hello") != std::string::npos);
    }
    SECTION("too long a one is refused, and broken chunks are") {
        const std::string too_long(1'100'000, 'x');
        CHECK(ask(server, head("/echo/a", "Content-Length: 1100000\r\n") + too_long).starts_with("HTTP/1.1 413 "));
        CHECK(ask(server, chunked + "10c8e0\r\n" + too_long).starts_with("HTTP/1.1 413 "));
        for (const char* broken : {"z\r\n", "5\r\nhelloX\r\n", "-5\r\nhello\r\n", "5\nhello\r\n",
                                   "ffffffffffffffff1\r\n", "8000000000000000\r\n", "5 5\r\n"})
            CHECK(ask(server, chunked + broken).starts_with("HTTP/1.1 400 "));
    }
    SECTION("one that is cut off is no body") {
        Client client(server);
        client.send(head("/echo/a", "Content-Length: 10\r\n") + "hello");
        CHECK(server.has_soon(1));
        client.leave();
        CHECK(server.is_idle_soon());
    }
}

TEST_CASE("answers stream in chunks, files too, and HEAD has no body") {
    HandingServer server;
    CHECK(body_after_head(ask(server, head("/stream/a"))) == "4\r\none,\r\n5\r\n23456\r\n0\r\n\r\n");
    const std::string answer = ask(server, head("/stream/a", "", "HEAD"));
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.ends_with("\r\n\r\n"));
    CHECK(ask(server, head("/echo/a", "", "HEAD")).ends_with("\r\n\r\n"));
}

TEST_CASE("a worker that hangs is killed with all that it started, and its client is told") {
    HurriedServer server;
    const auto begun = std::chrono::steady_clock::now();
    const std::string lock = server.path() + ".lock";
    const std::string answer = ask(server, head("/hang/a?lock=" + lock, "Content-Length: 9\r\n") + "hello");
    CHECK(answer.starts_with("HTTP/1.1 504 "));
    CHECK(answer.find("the volume did not answer within 0.8 s") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(8));
    CHECK(server.is_idle_soon());
    const sys::Fd held(::open(lock.c_str(), O_RDWR));
    REQUIRE(held);
    const auto lock_soon = [&] {
        for (int i = 0; i < 400 && ::flock(held.get(), LOCK_EX | LOCK_NB) != 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return ::flock(held.get(), LOCK_EX | LOCK_NB) == 0;
    };
    CHECK(lock_soon());
    CHECK(ask(server, head("/hang/a?lock=" + lock + "2", "", "HEAD")).ends_with("\r\n\r\n"));
    // One that has begun its answer ends with half of it: no second answer comes.
    const std::string half = ask(server, head("/hang later/a"));
    CHECK(half.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(half.ends_with("\r\n\r\nhalf"));
    CHECK(server.is_idle_soon());
}

TEST_CASE("a worker that dies before it answers, and one that is not there") {
    HandingServer server;
    CHECK(ask(server, head("/die/a")).find("ended before it answered") != std::string::npos);
    CHECK(server.is_idle_soon());
    HandingServer broken(4, 3, {"/nowhere/program"});
    CHECK(ask(broken, head("/x/a")).find("cannot start /nowhere/program: No such file") != std::string::npos);
}

TEST_CASE("a worker may take long while it says so") {
    HurriedServer server;
    CHECK(body_after_head(ask(server, head("/work on/a"))) == "done");
}

TEST_CASE("a client that goes away ends its worker") {
    HandingServer server;
    Client client(server);
    client.send(head("/wait for the client's end/a"));
    while (server.running() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    client.leave();
    CHECK(server.is_idle_soon());
}

TEST_CASE("no kind takes every place, and more than all are refused in words") {
    HandingServer server(3, 2);
    std::list<Client> clients;
    const auto take = [&](const char* kind) {
        const std::size_t before = server.running();
        clients.emplace_back(server).send(head("/wait for the client's end/" + std::string(kind)));
        for (int i = 0; i < 100 && server.running() == before; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return server.running() - before;
    };
    CHECK(take("lists") == 1);
    CHECK(take("lists") == 1);
    const std::string refused = ask(server, head("/echo/lists", "Content-Length: 3\r\n") + "abc");
    CHECK(refused.starts_with("HTTP/1.1 503 "));
    CHECK(refused.find("Retry-After: 2\r\n") != std::string::npos);
    CHECK(ask(server, head("/echo/changes")).starts_with("HTTP/1.1 200 "));
    CHECK(server.has_soon(2));
    CHECK(take("changes") == 1);
    CHECK(ask(server, head("/echo/others")).starts_with("HTTP/1.1 503 "));
    clients.clear();
    CHECK(server.is_idle_soon());
}

TEST_CASE("whoever may not pass is answered without its body, and the connection ends") {
    HandingServer server;
    Client client(server);
    client.send(head("/refused", "Content-Length: 3000000\r\n")).send(std::string(3'000'000, 'x'));
    CHECK(client.rest().starts_with("HTTP/1.1 401 "));
    CHECK(server.running() == 0);
}

}  // namespace tmplbuild::console
