// SPDX-License-Identifier: Apache-2.0
// A pod on this machine: which ports are published, how connections are carried, what is told of them.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "engine/pod/pod_links.hpp"
#include "engine/pod/port_relay.hpp"
#include "engine/pod/published_ports.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    return at;
}

// A listener with a port of its own, which answers each connection with what it read, turned round, at its end.
struct Echo {
    sys::Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t port = 0;
    std::thread thread;

    Echo() {
        sockaddr_in at = loopback(0);
        socklen_t size = sizeof at;
        REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
        REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
        port = ntohs(at.sin_port);
    }
    void answer() {
        // Room for all that the test asks at once: a full queue may be answered by a reset.
        REQUIRE(::listen(socket.get(), SOMAXCONN) == 0);
        thread = std::thread([this] {
            for (;;) {
                const sys::Fd client(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
                if (!client) return;
                const std::string text = read_all(client.get());
                const std::string back(text.rbegin(), text.rend());
                (void)sys::write_all(client.get(), sys::as_bytes(back), "the client");
            }
        });
    }
    ~Echo() {
        ::shutdown(socket.get(), SHUT_RDWR);
        if (thread.joinable()) thread.join();
    }
    static std::string read_all(int fd) {
        std::string out;
        std::array<char, 4096> piece{};
        for (ssize_t got = 0; (got = ::read(fd, piece.data(), piece.size())) > 0;)
            out.append(piece.data(), static_cast<std::size_t>(got));
        return out;
    }
};

std::string ask(std::uint16_t port, const std::string& text) {
    const sys::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in at = loopback(port);
    if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return "refused";
    std::thread writer([&] {
        (void)sys::write_all(client.get(), sys::as_bytes(text), "the relay");
        ::shutdown(client.get(), SHUT_WR);
    });
    std::string out = Echo::read_all(client.get());
    writer.join();
    return out;
}

TemplateService service(const std::string& name, std::uint16_t port) {
    TemplateService out;
    out.service.name = name;
    out.service.port = port;
    out.service.ready.kind = pod::Probe::Kind::http;
    out.service.ready.http = "/";
    return out;
}

}  // namespace

TEST_CASE("a port to publish is one number or two") {
    CHECK(PublishedPort::parse("8888").value() == PublishedPort{8888, 8888, ""});
    CHECK(PublishedPort::parse("18888:8888").value() == PublishedPort{18888, 8888, ""});
    for (const char* wrong : {"", ":", "8888:", ":8888", "0", "65536", "80:70000", "a:b", "-1:5", "80 ", "1:2:3"}) {
        INFO(wrong);
        CHECK_FALSE(PublishedPort::parse(wrong));
    }
}

TEST_CASE("services' ports are published by their own numbers, unless others were asked for") {
    Template tmpl;
    tmpl.console = false;
    tmpl.services = {service("web", 8888), service("ssh", 22)};
    CHECK(ports_to_publish(tmpl, {}) == std::vector<PublishedPort>{{8888, 8888, "web"}, {22, 22, "ssh"}});
    CHECK(ports_to_publish(tmpl, {{2222, 22, ""}, {99, 98, ""}}) ==
          std::vector<PublishedPort>{{2222, 22, "ssh"}, {99, 98, ""}, {8888, 8888, "web"}});
    CHECK_THROWS_AS(ports_to_publish(tmpl, {{8888, 22, ""}}), BuildError);
    tmpl.console = true;
    CHECK(ports_to_publish(tmpl, {{80, 8765, ""}}).front() == PublishedPort{80, 8765, "console"});
    CHECK(ports_to_publish(tmpl, {}).front() == PublishedPort{8765, 8765, "console"});
}

TEST_CASE("a taken port is refused by number, with a number that may be free") {
    Echo other;
    other.answer();
    const auto refused = claim_ports({{other.port, 8888, "web"}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("port " + std::to_string(other.port)) != std::string::npos);
    CHECK(refused.error().message.find("the service web") != std::string::npos);
    CHECK(refused.error().hint.find(":8888") != std::string::npos);
    CHECK_FALSE(check_free({{1, other.port, "web"}}));  // what counts is the pod's own
}

TEST_CASE("connections are carried whole, both ways, many at a time") {
    Echo echo;
    echo.answer();
    std::uint16_t free_port = 0;
    {
        const Echo probe;
        free_port = probe.port;
    }
    auto claimed = claim_ports({{free_port, echo.port, ""}});
    REQUIRE(claimed);
    CHECK(ask(free_port, "x") == "refused");  // claimed, and not answered yet
    {
        auto relay = PortRelay::start(std::move(*claimed), -1);
        REQUIRE(relay);
        CHECK(ask(free_port, "abc") == "cba");
        CHECK(ask(free_port, "").empty());
        std::string large(5'000'000, 'x');
        large += "end";
        CHECK(ask(free_port, large) == "dne" + std::string(5'000'000, 'x'));
        std::vector<std::thread> askers;
        std::array<std::string, 20> answers;
        for (std::size_t i = 0; i < answers.size(); ++i)
            askers.emplace_back([&, i] { answers[i] = ask(free_port, std::to_string(i) + "-"); });
        for (std::thread& one : askers) one.join();
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const std::string sent = std::to_string(i) + "-";
            CHECK(answers[i] == std::string(sent.rbegin(), sent.rend()));
        }
    }
    CHECK(ask(free_port, "x") == "refused");
}

TEST_CASE("a relay to a port where nobody listens ends the connection") {
    Echo silent;  // bound, not listening
    std::uint16_t free_port = 0;
    {
        const Echo probe;
        free_port = probe.port;
    }
    auto relay = PortRelay::start(claim_ports({{free_port, silent.port, ""}}).value(), -1);
    REQUIRE(relay);
    CHECK(ask(free_port, "x").empty());
}

TEST_CASE("links stand for each service, with its token where it takes one") {
    Template tmpl;
    tmpl.console = false;
    tmpl.services = {service("lab", 8888), service("db", 5432), service("plain", 80)};
    tmpl.services[0].service.generated_secrets = {{"JUPYTER_TOKEN", "JUPYTER_PASSWORD"}};
    tmpl.services[1].service.generated_secrets = {{"PGPASS", "DB_PASSWORD"}};
    tmpl.services[1].service.ready.kind = pod::Probe::Kind::tcp;
    const auto ports = ports_to_publish(tmpl, {{18888, 8888, ""}});
    auto made = made_secrets(tmpl, {{"DB_PASSWORD", "p"}});
    REQUIRE(made.size() == 1);
    CHECK(made.at("JUPYTER_PASSWORD").size() == 48);
    CHECK(made_secrets(tmpl, {{"DB_PASSWORD", "p"}}).at("JUPYTER_PASSWORD") != made.at("JUPYTER_PASSWORD"));
    CHECK(pod_links(tmpl, ports, {{"JUPYTER_PASSWORD", "a b"}, {"DB_PASSWORD", "p"}}) ==
          std::vector<std::string>{"lab: http://127.0.0.1:18888/?token=a%20b", "db: 127.0.0.1:5432  DB_PASSWORD=p",
                                   "plain: http://127.0.0.1:80/"});
    CHECK(origins_on_other_ports(tmpl, ports).empty());
}

TEST_CASE("behind the gateway links have no secrets but the console's password") {
    Template tmpl;
    tmpl.services = {service("lab", 8888), service("db", 5432)};
    tmpl.services[0].service.generated_secrets = {{"JUPYTER_TOKEN", "JUPYTER_PASSWORD"}};
    tmpl.services[1].service.is_public = true;
    tmpl.services[1].service.ready.kind = pod::Probe::Kind::tcp;
    const auto ports = ports_to_publish(tmpl, {{18888, 8888, ""}, {80, 8765, ""}});
    CHECK(made_secrets(tmpl, {}).at("CONSOLE_PASSWORD").size() == 48);
    CHECK_FALSE(made_secrets(tmpl, {{"JUPYTER_PASSWORD", "p"}}).contains("CONSOLE_PASSWORD"));
    CHECK_FALSE(made_secrets(tmpl, {{"CONSOLE_AUTH", "none"}}).contains("CONSOLE_PASSWORD"));
    CHECK(pod_links(tmpl, ports, {{"JUPYTER_PASSWORD", "a b"}, {"CONSOLE_PASSWORD", "c"}}) ==
          std::vector<std::string>{"lab: http://127.0.0.1:18888/", "console: http://127.0.0.1:80/  CONSOLE_PASSWORD=c",
                                   "db: 127.0.0.1:5432"});
    CHECK(origins_on_other_ports(tmpl, ports) == "8888=http://127.0.0.1:18888 8765=http://127.0.0.1:80");
}

TEST_CASE("the links come when the last service has started, or has failed to") {
    Template tmpl;
    tmpl.services = {service("web", 80), service("b", 81)};
    StartWatch watch(tmpl, ports_to_publish(tmpl, {}));
    CHECK_FALSE(watch.completes("web: starting"));
    CHECK_FALSE(watch.completes("12:00:00 web: ready after 3 ms"));
    CHECK_FALSE(watch.completes("web: ready after 3 ms"));
    CHECK_FALSE(watch.completes("the web: b: well"));
    CHECK(watch.completes("b: not ready after 1000 ms"));
    CHECK_FALSE(watch.completes("b: ready after 2000 ms"));
    // sshd without a key ends with 0, a service whose need failed never starts: nobody waits for them.
    for (const char* ending : {"ended with exit code 0", "blocked: needs db, which is failed", "failed: x", "done"}) {
        StartWatch one(tmpl, ports_to_publish(tmpl, {}));
        CHECK_FALSE(one.completes("web: ready after 3 ms"));
        CHECK(one.completes(std::string("b: ") + ending));
    }
}
