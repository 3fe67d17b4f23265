// SPDX-License-Identifier: Apache-2.0
// The console's end of the downloads: a worker made of a shell script, its state and answers by the routes, its silence
// and its end; and the original template's fields.
#include <chrono>

#include "console/models/original_status.hpp"
#include "console_bench.hpp"

namespace tmplbuild::console {
namespace {

using namespace std::chrono_literals;

const std::string one_state =
    R"({"state":{"state":"ok","reason":"","active_limit":3,"items":[{"id":"a","speed":5,"path":"/v/a"}]},"keys":{"huggingface":{"set":true,"source":"volume"},"civitai":{"set":false,"source":""}}})";

// Answers each command with the line that `answer` gives for the request's number.
std::string worker_script(const std::string& answer) {
    return "echo '" + one_state +
           "'; while read -r line; do number=${line##*request??}; number=${number%\\}}; echo \"$line\" "
           ">>asked; " +
           answer + "; done";
}

struct QueueBench {
    // `silence`: a busy machine must not make a worker look silent.
    explicit QueueBench(const std::string& script, std::chrono::milliseconds silence = 8s) {
        DownloadSettings settings;
        settings.argv = {"/bin/sh", "-c", "cd " + folder.path().string() + "; " + script};
        settings.environment = {"PATH=/usr/bin:/bin"};
        settings.times.silence = settings.times.answer = silence;
        settings.times.first_pause = 20ms;
        settings.times.longest_pause = 40ms;
        queue.emplace(context, settings);
        queue->on_change = [this] { ++changes; };
        queue->start();
    }
    void run_until(const std::function<bool()>& met) {
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!met() && std::chrono::steady_clock::now() < end) context.run_one_for(20ms);
        REQUIRE(met());
    }
    std::string state() const { return json::string_or(queue->view(), "state", ""); }
    json::object ask(json::object command) {
        std::optional<json::object> out;
        queue->ask(std::move(command), [&](const json::object& answer) { out = answer; });
        run_until([&] { return out.has_value(); });
        return *out;
    }

    sys::TempDirectory folder = sys::TempDirectory::make("/tmp", "downloads").value();
    boost::asio::io_context context{1};
    std::optional<DownloadQueue> queue{};
    int changes = 0;
};

}  // namespace

TEST_CASE("the worker's latest state is told, and its answers go to whoever asked") {
    QueueBench bench(worker_script(R"(echo "{\"answer\":$number,\"done\":\"it $number\"}")"));
    CHECK(bench.state() == "off");
    bench.run_until([&] { return bench.state() == "ok"; });
    CHECK(bench.changes == 1);
    CHECK(bench.queue->view().at("items").as_array().size() == 1);
    CHECK(bench.queue->keys().at("huggingface").as_object().at("set") == true);
    CHECK(bench.ask({{"do", "clear"}}).at("done") == "it 1");
    CHECK(bench.ask({{"do", "pause"}, {"id", "x"}}).at("done") == "it 2");
    CHECK(sys::read_file(bench.folder.path() / "asked").value() ==
          "{\"do\":\"clear\",\"request\":1}\n{\"do\":\"pause\",\"id\":\"x\",\"request\":2}\n");
}

TEST_CASE("a worker that says nothing is silent, and its downloads stand still") {
    QueueBench bench(worker_script("sleep 0.5; echo '{\"alive\":true}'"), 300ms);
    bench.run_until([&] { return bench.state() == "silent"; });
    CHECK(bench.queue->view().at("items").at(0).at("speed") == 0);
    const auto answer = bench.ask({{"do", "clear"}});
    CHECK(answer.at("status") == 504);
    bench.run_until([&] { return bench.state() == "ok"; });  // it lives again
    CHECK(bench.queue->view().at("items").at(0).at("speed") == 5);
}

TEST_CASE("a worker that ends is started again, and what it was asked is refused") {
    QueueBench bench("echo x >>starts; echo '" + one_state + "'; read -r line; exit 3");
    bench.run_until([&] { return bench.state() == "ok"; });
    const auto answer = bench.ask({{"do", "clear"}});
    CHECK(answer.at("status") == 503);
    bench.run_until([&] { return bench.state() == "off"; });
    CHECK(json::string_or(bench.queue->view(), "reason", "").find("exit code 3") != std::string::npos);
    bench.run_until([&] { return bench.state() == "ok"; });
    CHECK(sys::read_file(bench.folder.path() / "starts").value() == "x\nx\n");
    DownloadQueue none(bench.context, {});
    none.start();
    CHECK(none.view().at("reason") == "this image has no program for downloads");
    CHECK(none.view().at("items").as_array().empty());
}

TEST_CASE("the routes of downloads need a login, changes a CSRF token, and a missing worker is said") {
    ConsoleBench bench;
    const std::string cookie = bench.signed_in();
    const std::vector<std::pair<std::string, std::string>> readers{
        {"GET", "/api/downloads"}, {"GET", "/api/keys"}, {"GET", "/status"}},
        changes{{"POST", "/api/downloads"},       {"POST", "/api/downloads/pause"}, {"POST", "/api/downloads/a/retry"},
                {"POST", "/api/downloads/order"}, {"PUT", "/api/keys/huggingface"}, {"DELETE", "/api/keys/civitai"},
                {"POST", "/clear_completed"}};
    const HeaderList own{{"cookie", cookie}, {"origin", ConsoleBench::origin(8765)}};
    const std::string csrf = between(
        body_of(bench.ask({.target = "/installation-status", .headers = also(page_load, {{"cookie", cookie}})})),
        "csrf=", " ");
    for (const auto& [method, target] : readers) {
        CHECK(bench.ask({.method = method, .target = target}).status == 401);
        CHECK(bench.ask({.method = method, .target = target, .headers = {{"cookie", cookie}}}).status == 200);
    }
    for (const auto& [method, target] : changes) {
        INFO(target);
        CHECK(bench.ask({.method = method, .target = target, .headers = own}).status == 403);
        const auto answer = bench.ask({.method = method,
                                       .target = target,
                                       .body = R"({"items":[],"ids":[],"key":"k"})",
                                       .headers = also(own, {{"x-csrf-token", csrf}})});
        CHECK(answer.status == 503);
        CHECK(body_of(answer).find("no program for downloads") != std::string::npos);
    }
    CHECK(bench
              .ask({.method = "POST",
                    .target = "/api/downloads",
                    .body = "[]",
                    .headers = also(own, {{"x-csrf-token", csrf}})})
              .status == 400);
}

TEST_CASE("the original's fields are filled from ours") {
    const auto view = json::parse(
        R"({"items":[{"id":"a","path":"/w/a","url":"https://h/a","size":4194304,"done_bytes":1048576,"speed":524288,"seconds_left":90,"state":"running","added":2000,"finished":0,"reason":""},
                     {"id":"b","path":"/w/b","url":"https://h/b","size":null,"done_bytes":0,"speed":0,"seconds_left":null,"state":"failed","added":2000,"finished":5000,"reason":"gone"},
                     {"id":"c","path":"/w/c","url":"u","size":5,"done_bytes":5,"state":"done","added":2000,"finished":5000}]})",
        "view");
    const json::object out = original_downloads(view->get_object());
    CHECK(
        json::canonical(out.at("/w/a")) ==
        R"({"completion_time":null,"downloaded":1.048576E6,"downloaded_mb":1E0,"error":null,"eta":9E1,"eta_minutes":1.5E0,)"
        R"("file_size":4.194304E6,"file_size_mb":4E0,"progress":2.5E1,"speed":5.24288E5,"speed_mb":5E-1,"start_time":2E0,)"
        R"("status":"downloading","timestamp":2E0,"url":"https://h/a"})");
    CHECK(out.at("/w/b").at("status") == "error");
    CHECK(out.at("/w/b").at("error") == "gone");
    CHECK(out.at("/w/c").at("status") == "completed");
    CHECK(out.at("/w/c").at("progress") == 100.0);
    CHECK(out.at("/w/c").at("completion_time") == 5.0);
}

}  // namespace tmplbuild::console
