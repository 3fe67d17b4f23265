// SPDX-License-Identifier: Apache-2.0
#include "io/http.hpp"

#include <cstdlib>
#include <thread>

#include "base/json.hpp"
#include "support/catch.hpp"
#include "support/fake_http_server.hpp"
#include "support/variable.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::io;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

HttpPatience quick() { return {.connect = 5s, .stall = 1s, .first_pause = 10ms, .longest_pause = 2000ms}; }

FakeHttpServer& server() {
    static FakeHttpServer one;
    return one;
}

// The request's headers, as /echo saw them.
std::map<std::string, std::string> echoed(const HttpResponse& response) {
    std::map<std::string, std::string> out;
    const json::value document = json::parse(response.body, "echo").value();
    for (const auto& [name, value] : document.at("headers").as_object()) out.emplace(name, value.as_string());
    return out;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// What the server's content(size) gives.
std::string content(std::size_t size) {
    std::string out;
    for (std::size_t n = 0; out.size() < size; ++n) {
        std::string digits = std::to_string(n);
        out += std::string(15 - digits.size(), '0') + digits + "\n";
    }
    return out.substr(0, size);
}

struct Downloads {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "http-test-").value();
    fs::path file = folder.path() / "file";
    bool is_clean() const { return std::distance(fs::directory_iterator(folder.path()), {}) == 0; }
};

}  // namespace

TEST_CASE("a small document comes with its status and headers") {
    HttpClient client(quick());
    auto hello = client.send({.url = server().at("/hello")}, {});
    REQUIRE(hello);
    CHECK(hello->status == 200);
    CHECK(hello->body == "hello");
    CHECK(hello->headers.at("x-one") == "1");
    CHECK(hello->final_url == server().at("/hello"));
    CHECK(client.send({.url = server().at("/nothing")}, {}).value().status == 404);
}

TEST_CASE("a server that is busy or broken for a while is asked again") {
    HttpClient client(quick());
    CHECK(client.send({.url = server().at("/status?status=503&times=2")}, {}).value().body == "at last");
    CHECK(client.send({.url = server().at("/status?status=429&times=1")}, {}).value().body == "at last");
    CHECK(client.send({.url = server().at("/status?status=408&times=1")}, {}).value().body == "at last");
    CHECK(client.send({.url = server().at("/drop?times=3")}, {}).value().body == "at last");
    CHECK(client.send({.url = server().at("/status?status=500&times=9")}, {}).value().status == 500);
    CHECK(client.send({.url = server().at("/status?status=501&times=1")}, {}).value().status == 501);
    const std::string seen = client.send({.url = server().at("/seen")}, {}).value().body;
    CHECK(seen.find("\"/status?status=500&times=9\": 5") != std::string::npos);
}

TEST_CASE("the pause that a server asks for is kept") {
    HttpClient client(quick());
    const auto begin = std::chrono::steady_clock::now();
    CHECK(client.send({.url = server().at("/status?status=503&times=1&after=1")}, {}).value().status == 200);
    CHECK(seconds_since(begin) >= 1.0);
}

TEST_CASE("a connection that always fails is a network error after its tries") {
    HttpClient client(quick());
    auto dropped = client.send({.url = server().at("/drop?times=99")}, {});
    REQUIRE_FALSE(dropped);
    CHECK(dropped.error().kind == ErrorKind::network);
    auto refused = client.send({.url = "http://127.0.0.1:1/x?token=secret", .user = "me:secret"}, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::network);
    CHECK(refused.error().to_string().find("http://127.0.0.1:1/x") != std::string::npos);
    CHECK(refused.error().to_string().find("secret") == std::string::npos);
    CHECK_FALSE(client.send({.url = "file:///etc/hostname"}, {}));
    CHECK_FALSE(client.send({.url = "no url at all"}, {}));
}

TEST_CASE("a transfer that is too slow for too long fails, and one that is fast enough does not") {
    HttpPatience patience{.connect = 5s, .stall = 60s, .first_pause = 1ms};
    patience.slow_for = 2s;
    const HttpRequest trickle{.url = server().at("/trickle"), .limit = 30};  // ten bytes a second
    const HttpBodySink sink = [](std::string_view) { return Result<void>(); };
    patience.least_speed = 20;
    const auto slow = HttpClient(patience).stream(trickle, sink, {});
    REQUIRE_FALSE(slow);
    CHECK(slow.error().kind == ErrorKind::network);
    CHECK(slow.error().message.find("too slowly") != std::string::npos);
    patience.least_speed = 5;
    const auto good = HttpClient(patience).stream(trickle, sink, {});
    REQUIRE_FALSE(good);
    CHECK(good.error().message.find("larger than the limit") != std::string::npos);
}

TEST_CASE("what the caller takes and what the server takes to answer is not a slow transfer") {
    HttpPatience patience{.connect = 5s, .stall = 60s, .first_pause = 1ms};
    patience.slow_for = 1s;
    patience.least_speed = 2 << 20;
    HttpClient client(patience);
    bool is_first = true;
    const HttpBodySink sink = [&is_first](std::string_view) -> Result<void> {
        if (std::exchange(is_first, false)) std::this_thread::sleep_for(1500ms);
        return {};
    };
    CHECK(client.stream({.url = server().at("/big?size=8000000")}, sink, {}));
    CHECK(client.send({.url = server().at("/late?seconds=1.5")}, {}));
}

TEST_CASE("a transfer without a byte for the stall time fails") {
    HttpClient client({.connect = 5s, .stall = 1s, .first_pause = 1ms});
    const auto begin = std::chrono::steady_clock::now();
    auto stalled = client.send({.url = server().at("/stall?seconds=30")}, {});
    REQUIRE_FALSE(stalled);
    CHECK(stalled.error().kind == ErrorKind::network);
    CHECK(seconds_since(begin) >= 5);  // five tries of a second each
    CHECK(seconds_since(begin) < 12);
}

TEST_CASE("a stop is obeyed at once: while waiting for bytes, while pausing, before the start") {
    (void)server();  // its start is not part of what is timed
    for (const char* path : {"/stall?seconds=29", "/trickle", "/status?status=503&after=60"}) {
        HttpClient client({.first_pause = 60s, .longest_pause = 60s});
        std::stop_source stop;
        std::chrono::steady_clock::time_point asked;
        std::jthread later([&] {
            std::this_thread::sleep_for(200ms);
            asked = std::chrono::steady_clock::now();
            stop.request_stop();
        });
        auto stopped = client.send({.url = server().at(path)}, stop.get_token());
        INFO(path);
        later.join();
        CHECK(seconds_since(asked) < 0.1);
        REQUIRE_FALSE(stopped);
        CHECK(stopped.error().kind == ErrorKind::interrupted);
        CHECK_FALSE(client.send({.url = server().at("/hello")}, stop.get_token()));
    }
}

TEST_CASE("a body above the limit is an error") {
    HttpClient client(quick());
    CHECK(client.send({.url = server().at("/big?size=1000"), .limit = 1000}, {}).value().body == content(1000));
    auto large = client.send({.url = server().at("/big?size=1001"), .limit = 1000}, {});
    REQUIRE_FALSE(large);
    CHECK(large.error().kind == ErrorKind::network);
    Downloads downloads;
    CHECK_FALSE(client.download({.url = server().at("/big?size=1001"), .limit = 1000}, downloads.file, {}, {}));
    CHECK(downloads.is_clean());
}

TEST_CASE("redirects are followed to http and https only, and not for ever") {
    HttpClient client(quick());
    auto moved = client.send({.url = server().at("/redirect?to=/redirect%3Fto%3D/hello")}, {});
    CHECK(moved.value().body == "hello");
    CHECK(moved.value().final_url == server().at("/hello"));
    auto file = client.send({.url = server().at("/redirect?to=file:///etc/hostname")}, {});
    REQUIRE_FALSE(file);
    CHECK(file.error().message.find("not an http or https URL") != std::string::npos);
    const auto endless = client.send({.url = server().at("/endless-redirect")}, {});
    REQUIRE_FALSE(endless);
    CHECK(endless.error().message.find("redirects with a text of more than 65.5 kB") != std::string::npos);
    auto circle = client.send({.url = server().at("/circle")}, {});
    REQUIRE_FALSE(circle);
    CHECK(circle.error().message.find("redirects more than 10 times") != std::string::npos);
}

TEST_CASE("what was given for one host is never sent to another") {
    HttpClient client(quick());
    FakeHttpServer other;
    const std::map<std::string, std::string> headers = {{"X-Token", "t"}, {"Authorization", "Bearer b"}};
    auto same = client.send({.url = server().at("/redirect?to=/echo"), .headers = headers}, {});
    CHECK(echoed(same.value()).at("x-token") == "t");
    CHECK(echoed(same.value()).at("authorization") == "Bearer b");
    for (const std::string& to : {other.at("/echo"), server().at("/echo", "http", "localhost")}) {
        auto away = client.send({.url = server().at("/redirect?to=" + to), .headers = headers}, {});
        CHECK_FALSE(echoed(away.value()).contains("x-token"));
        CHECK_FALSE(echoed(away.value()).contains("authorization"));
        auto user = client.send({.url = server().at("/redirect?to=" + to), .user = "me:word"}, {});
        CHECK_FALSE(echoed(user.value()).contains("authorization"));
    }
}

TEST_CASE("a user is given by the request, by the URL or by netrc") {
    HttpClient client(quick());
    const std::string basic = "Basic bWU6dy9vcmQ=";  // me:w/ord
    CHECK(echoed(client.send({.url = server().at("/echo"), .user = "me:w/ord"}, {}).value()).at("authorization") ==
          basic);
    auto in_url = client.send({.url = server().at("/echo", "http", "me:w%2Ford@127.0.0.1")}, {});
    CHECK(echoed(in_url.value()).at("authorization") == basic);
    CHECK(in_url.value().final_url == server().at("/echo"));
    Downloads folder;
    REQUIRE(sys::write_file_atomic(folder.file, "machine 127.0.0.1 login me password w/ord\n", 0600));
    const Variable netrc("NETRC", folder.file);
    CHECK(echoed(client.send({.url = server().at("/echo")}, {}).value()).at("authorization") == basic);
    auto away = client.send({.url = server().at("/redirect?to=" + server().at("/echo", "http", "localhost"))}, {});
    CHECK_FALSE(echoed(away.value()).contains("authorization"));
}

TEST_CASE("a proxy of the environment is used, and left out where no_proxy says so") {
    HttpClient client(quick());
    FakeHttpServer proxy;
    const Variable set("http_proxy", proxy.at(""));
    auto hello = client.send({.url = "http://no-such-host.invalid/hello"}, {});
    REQUIRE(hello);
    CHECK(hello->body == "hello");
    CHECK(proxy.requests(1) == std::vector<std::string>{"GET http://no-such-host.invalid/hello"});
    const Variable direct("no_proxy", "127.0.0.1");
    CHECK(client.send({.url = server().at("/hello")}, {}).value().body == "hello");
    CHECK(proxy.requests(1).size() == 1);
}

TEST_CASE("certificates are checked against the bundle of the request or the environment") {
    Downloads folder;
    const std::string pem = folder.file;
    SystemProcessRunner runner;
    REQUIRE(runner.run_checked(
        {.argv = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                  "-addext", "subjectAltName=DNS:localhost", "-keyout", pem, "-out", pem + ".crt"}},
        {}, "openssl"));
    REQUIRE(sys::write_file_atomic(pem, sys::read_file(pem).value() + sys::read_file(pem + ".crt").value()));
    FakeHttpServer secure({"--certificate", pem});
    HttpClient client(quick());
    const std::string url = secure.at("/hello", "https", "localhost");
    const auto begin = std::chrono::steady_clock::now();
    auto unknown = client.send({.url = url}, {});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().kind == ErrorKind::network);
    CHECK(unknown.error().hint.find("SSL_CERT_FILE") != std::string::npos);
    CHECK(seconds_since(begin) < 5);
    CHECK(client.send({.url = url, .ca_file = pem + ".crt"}, {}).value().body == "hello");
    CHECK(client.send({.url = url, .insecure = true}, {}).value().body == "hello");
    CHECK_FALSE(client.send({.url = secure.at("/hello", "https"), .ca_file = pem + ".crt"}, {}));
    auto unreadable = client.send({.url = url, .ca_file = "/no/such/file"}, {});
    REQUIRE_FALSE(unreadable);
    CHECK(unreadable.error().kind == ErrorKind::machine);
    {
        const Variable none("CURL_CA_BUNDLE", "");
        const Variable bundle("SSL_CERT_FILE", pem + ".crt");
        CHECK(client.send({.url = url}, {}).value().body == "hello");
    }
    const Variable bundle("CURL_CA_BUNDLE", pem + ".crt");
    CHECK(client.send({.url = url}, {}).value().body == "hello");
}

TEST_CASE("a download comes whole, hashed, with its progress") {
    HttpClient client(quick());
    Downloads downloads;
    std::uint64_t done = 0, total = 0;
    const auto progress = [&](std::uint64_t d, std::uint64_t t) {
        CHECK(d >= done);
        done = d;
        total = t;
    };
    auto got = client.download({.url = server().at("/big?size=300000")}, downloads.file, progress, {});
    REQUIRE(got);
    CHECK(got->size == 300000);
    CHECK(got->sha256 == Sha256::of(content(300000)));
    CHECK(sys::read_file(downloads.file).value() == content(300000));
    CHECK(done == 300000);
    CHECK(total == 300000);
    CHECK(client.download({.url = server().at("/big?size=0")}, downloads.file, {}, {}).value().size == 0);
    CHECK(sys::read_file(downloads.file).value().empty());
}

TEST_CASE("a cut download goes on where it was") {
    HttpPatience patience = quick();
    patience.stall = 20s;  // a busy machine may make its server wait
    HttpClient client(patience);
    Downloads downloads;
    const std::string path = "/big?size=500000&cuts=3&every=100000";
    auto got = client.download({.url = server().at(path)}, downloads.file, {}, {});
    REQUIRE(got);
    CHECK(sys::read_file(downloads.file).value() == content(500000));
    CHECK(got->sha256 == Sha256::of(content(500000)));
    const std::string long_way = "/big?size=12000000&cuts=9&every=1200000";  // more cuts than tries, each with progress
    CHECK(client.download({.url = server().at(long_way)}, downloads.file, {}, {}).value().sha256 ==
          Sha256::of(content(12000000)));
}

TEST_CASE("a download starts over where the server knows no ranges, refuses them or has other content now") {
    HttpClient client(quick());
    for (const char* path :
         {"/big?size=50000&cuts=2&every=10000&ranges=no", "/big?size=50000&cuts=2&every=10000&ranges=refused"}) {
        INFO(path);
        Downloads downloads;
        auto got = client.download({.url = server().at(path)}, downloads.file, {}, {});
        REQUIRE(got);
        CHECK(got->sha256 == Sha256::of(content(50000)));
    }
    Downloads downloads;
    auto changed =
        client.download({.url = server().at("/big?size=50000&cuts=1&every=10000&changes=yes")}, downloads.file, {}, {});
    CHECK(changed.value().sha256 == Sha256::of("\x02" + content(50000).substr(1)));
    auto wrong = client.download({.url = server().at("/big?size=50000&cuts=2&every=10000&ranges=wrong")},
                                 downloads.file, {}, {});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().kind == ErrorKind::network);
}

TEST_CASE("a download that fails leaves the old file and nothing else") {
    HttpClient client(quick());
    Downloads downloads;
    CHECK_FALSE(client.download({.url = server().at("/nothing")}, downloads.file, {}, {}));
    CHECK_FALSE(
        client.download({.url = server().at("/big?size=90&cuts=99&every=10&ranges=no")}, downloads.file, {}, {}));
    CHECK(downloads.is_clean());
    REQUIRE(sys::write_file_atomic(downloads.file, "old"));
    std::stop_source stop;
    std::jthread later([&] {
        std::this_thread::sleep_for(300ms);
        stop.request_stop();
    });
    auto stopped = client.download({.url = server().at("/trickle")}, downloads.file, {}, stop.get_token());
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == ErrorKind::interrupted);
    CHECK(sys::read_file(downloads.file).value() == "old");
    CHECK(std::distance(fs::directory_iterator(downloads.folder.path()), {}) == 1);
}

TEST_CASE("one client serves several threads") {
    HttpClient client(quick());
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (int n = 0; n < 4; ++n)
            threads.emplace_back([&] {
                for (int k = 0; k < 5; ++k)
                    good += client.send({.url = server().at("/big?size=40000")}, {}).value().body == content(40000);
            });
    }
    CHECK(good == 20);
}

TEST_CASE("a URL is printed without what may be secret") {
    CHECK(printable_url("https://me:word@host:8/a/b?token=x#y") == "https://host:8/a/b");
    CHECK(printable_url("https://host/a@b") == "https://host/a@b");
    CHECK(printable_url("https://me:w@rd@host") == "https://host");
    CHECK(printable_url("me:word@host/a") == "host/a");
}
