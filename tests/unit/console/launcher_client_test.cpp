// SPDX-License-Identifier: Apache-2.0
// The client of the control socket against a launcher that answers, is silent, goes and comes back.
#include "console/pod/launcher_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <list>

#include "base/json.hpp"
#include "control/address.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;

// Answers each line that it is sent by `answer`; an empty answer is silence.
class FakeLauncher {
  public:
    FakeLauncher(asio::io_context& context, const std::string& folder,
                 std::function<std::string(const std::string&)> answer)
        : acceptor_(context, Local::endpoint(control::socket_in(folder))), answer_(std::move(answer)) {
        accept();
    }

  private:
    struct Client {
        Local::socket socket;
        std::string input{};
    };
    void accept() {
        acceptor_.async_accept([this](boost::system::error_code error, Local::socket socket) {
            if (error) return;
            read(clients_.emplace_back(Client{std::move(socket)}));
            accept();
        });
    }
    void read(Client& client) {
        client.socket.async_wait(Local::socket::wait_read, [this, &client](boost::system::error_code error) {
            if (error) return;
            std::array<char, 4096> part{};
            const std::size_t got = client.socket.read_some(asio::buffer(part), error);
            if (error) return;
            client.input.append(part.data(), got);
            for (std::size_t end = 0; (end = client.input.find('\n')) != std::string::npos;) {
                const std::string text = answer_(client.input.substr(0, end));
                client.input.erase(0, end + 1);
                if (!text.empty()) client.socket.write_some(asio::buffer(text + "\n"), error);
            }
            read(client);
        });
    }

    Local::acceptor acceptor_;
    std::function<std::string(const std::string&)> answer_;
    std::list<Client> clients_{};
};

class Bench {
  public:
    Bench() {
        using std::chrono::milliseconds;
        client.emplace(context, std::vector<std::string>{folder.path().string()},
                       LauncherClient::Pauses{milliseconds(20), milliseconds(60), milliseconds(20), milliseconds(20)});
    }
    void launch() {
        std::filesystem::remove(control::socket_in(folder.path()));
        launcher.emplace(context, folder.path(), [this](const std::string& line) {
            asked.push_back(line);
            return answer(line);
        });
    }
    bool becomes(LauncherState::Kind kind) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (client->state().kind != kind && std::chrono::steady_clock::now() < until)
            context.run_one_for(std::chrono::milliseconds(10));
        return client->state().kind == kind;
    }
    LauncherClient::Answer ask(const control::Request& request) {
        std::optional<LauncherClient::Answer> out;
        client->ask(request, [&](const LauncherClient::Answer& one) { out = one; });
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!out && std::chrono::steady_clock::now() < until) context.run_one_for(std::chrono::milliseconds(10));
        REQUIRE(out);
        return *out;
    }

    const std::string snapshot = json::compact(
        json::parse(sys::read_file(std::string(TEST_DATA) + "/golden/status/service-ready.json").value(), "golden")
            .value());
    std::function<std::string(const std::string&)> answer = [this](const std::string& line) {
        return line.find("restart") != std::string::npos ? "{\"done\":\"it is started again\"}"
               : line.find("stop") != std::string::npos  ? "{\"error\":\"no\"}"
               : line.find("logs") != std::string::npos  ? "{\"log\":\"a line\\n\",\"older_in\":\"/f\"}"
                                                         : snapshot;
    };
    sys::TempDirectory folder = sys::TempDirectory::make("/tmp", "launcher-").value();
    asio::io_context context{1};
    std::optional<FakeLauncher> launcher{};
    std::optional<LauncherClient> client{};
    std::vector<std::string> asked{};
};

}  // namespace

TEST_CASE("the launcher is found, lost when it goes, and found again") {
    Bench bench;
    int changes = 0;
    bench.client->on_change = [&] { ++changes; };
    bench.client->start();
    CHECK(bench.client->state().kind == LauncherState::Kind::lost);
    CHECK(bench.client->snapshot() == nullptr);
    bench.launch();
    REQUIRE(bench.becomes(LauncherState::Kind::connected));
    CHECK(bench.client->state().reason.empty());
    REQUIRE(bench.client->snapshot() != nullptr);
    CHECK(bench.client->snapshot()->services.at(0).name == "web");
    const int before = changes;
    for (int n = 0; n < 100 && bench.asked.size() <= 2; ++n) bench.context.run_for(std::chrono::milliseconds(50));
    CHECK(bench.asked.size() > 2);  // it is asked now and then whether it is still there
    CHECK(changes == before);       // and the same answer is no change
    bench.launcher.reset();
    REQUIRE(bench.becomes(LauncherState::Kind::lost));
    CHECK(bench.client->snapshot() != nullptr);
    CHECK(bench.ask({.kind = control::Request::Kind::restart, .name = "web"}).missing ==
          LauncherClient::Missing::no_launcher);
    bench.launch();
    CHECK(bench.becomes(LauncherState::Kind::connected));
}

TEST_CASE("a launcher that is silent hangs, and so does one that says nonsense; both come back") {
    Bench bench;
    bench.launch();
    bench.client->start();
    REQUIRE(bench.becomes(LauncherState::Kind::connected));
    const auto good = bench.answer;
    bench.answer = [](const std::string&) { return std::string(); };
    REQUIRE(bench.becomes(LauncherState::Kind::hanging));
    CHECK(bench.ask({.kind = control::Request::Kind::restart, .name = "web"}).missing ==
          LauncherClient::Missing::silent);
    // It goes on: what was asked is answered late.
    bench.launcher.reset();
    bench.answer = good;
    bench.launch();
    REQUIRE(bench.becomes(LauncherState::Kind::connected));
    bench.answer = [](const std::string&) { return std::string("{\"version\":1}"); };
    REQUIRE(bench.becomes(LauncherState::Kind::hanging));
    CHECK(bench.client->state().reason == "the launcher's status cannot be read: status has no 'pod'");
    bench.answer = good;
    CHECK(bench.becomes(LauncherState::Kind::connected));
}

TEST_CASE("commands and logs are passed on, and refusals are told in the launcher's words") {
    Bench bench;
    bench.launch();
    const auto done = bench.ask({.kind = control::Request::Kind::restart, .name = "web"});
    CHECK_FALSE(done.missing);
    CHECK(done.text == "it is started again");
    const auto refused = bench.ask({.kind = control::Request::Kind::stop, .name = "web"});
    CHECK(refused.missing == LauncherClient::Missing::refused);
    CHECK(refused.text == "no");
    const auto log = bench.ask({.kind = control::Request::Kind::logs, .name = "web"});
    CHECK(log.text == "a line\n");
    CHECK(log.older_in == "/f");
}

TEST_CASE("a line that was closed lets go of its handlers, also when one of them closed it") {
    Bench bench;
    bench.launch();
    const auto kept = std::make_shared<int>(0);
    std::string why;
    for (const bool inside : {false, true}) {
        auto line = std::make_shared<ControlLine>(bench.context);
        REQUIRE(line->open({bench.folder.path()},
                           {[kept, line, inside](std::string_view) {
                                if (inside) line->close();
                            },
                            [kept](const std::string&) {}},
                           why) == ControlLine::Opened::yes);
        line->send({.kind = control::Request::Kind::status});
        bench.context.run_for(std::chrono::milliseconds(50));
        if (!inside) line->close();
        const std::weak_ptr<ControlLine> weak = line;
        line.reset();
        bench.context.run_for(std::chrono::milliseconds(20));
        CHECK(weak.expired());
        CHECK(kept.use_count() == 1);
    }
}

}  // namespace tmplbuild::console
