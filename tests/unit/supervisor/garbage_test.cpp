// SPDX-License-Identifier: Apache-2.0
// Bytes that nobody meant: pod.json and requests, changed at random, never crash the launcher's readers, and whatever
// is read can be started and stopped.
#include <random>

#include "control/request.hpp"
#include "supervisor/model.hpp"
#include "supervisor/rescue.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

std::string changed(std::string text, std::mt19937& random) {
    const int changes = 1 + static_cast<int>(random() % 6);
    for (int i = 0; i < changes && !text.empty(); ++i) {
        const std::size_t at = random() % text.size();
        switch (random() % 5) {
            case 0:
                text[at] = static_cast<char>(random());
                break;
            case 1:
                text.erase(at, 1 + random() % 20);
                break;
            case 2:
                text.insert(at, text.substr(random() % text.size(), random() % 30));
                break;
            case 3:
                text.insert(at, std::string(1, "{}[],:\"0-"[random() % 9]));
                break;
            default:
                text.resize(at);
                break;
        }
    }
    return text;
}

std::string rich_pod() {
    pod::PodSpec spec;
    spec.name = "x";
    for (const char* name : {"a", "b", "c"}) {
        pod::Service service;
        service.name = name;
        service.command = {"program", "{port}"};
        service.port = static_cast<std::uint16_t>(1000 + name[0]);
        service.environment = {{"NAME", "value"}};
        service.umask = 022;
        service.rlimits = {{"nofile", 10, 20}};
        service.ready.kind = pod::Probe::Kind::http;
        service.ready.http = "/";
        service.health.kind = pod::Probe::Kind::exec;
        service.health.exec = {"true"};
        service.generated_secrets = {{"TOKEN", "FROM"}};
        spec.services.push_back(service);
    }
    spec.services[1].needs = {"a"};
    spec.services[2].needs = {"a", "b"};
    return pod::write_pod_spec(spec);
}

}  // namespace

TEST_CASE("a pod.json of any bytes is read or refused, and what is read starts and stops") {
    std::mt19937 random(7);
    const std::string good = rich_pod();
    REQUIRE(pod::read_pod_spec(good));
    int readable = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto spec = pod::read_pod_spec(changed(good, random));
        if (!spec) {
            CHECK_FALSE(spec.error().message.empty());
            continue;
        }
        ++readable;
        Step step = transition(*spec, first_state(*spec), {.kind = Event::Kind::start, .now = 1});
        step = transition(*spec, std::move(step.state), {.kind = Event::Kind::terminate, .now = 2});
        CHECK(next_due(step.state) <= 2 + spec->stop_total_ms);
    }
    CHECK(readable > 100);
}

TEST_CASE("a request of any bytes is read or refused") {
    std::mt19937 random(8);
    const std::string good = R"({"do":"logs","name":"web","lines":100,"follow":true})";
    REQUIRE(control::parse_request(good));
    for (int i = 0; i < 50'000; ++i) {
        const auto request = control::parse_request(changed(good, random));
        if (request) CHECK(request->lines <= 10'000);
    }
}

TEST_CASE("requests are read as they were written") {
    for (const auto kind :
         {control::Request::Kind::status, control::Request::Kind::subscribe, control::Request::Kind::logs,
          control::Request::Kind::start, control::Request::Kind::stop, control::Request::Kind::restart,
          control::Request::Kind::kernel_retry, control::Request::Kind::kernel_off, control::Request::Kind::announce}) {
        const control::Request request{
            .kind = kind, .name = "we\"b", .lines = 100, .follow = true, .secret = "s\u00e9", .text = "a \"b\""};
        std::string line = control::write_request(request);
        REQUIRE(line.back() == '\n');
        line.pop_back();
        const auto back = control::parse_request(line);
        REQUIRE(back);
        CHECK(back->kind == kind);
        CHECK(back->name == "we\"b");
        if (kind != control::Request::Kind::announce) continue;
        CHECK(back->secret == request.secret);
        CHECK(back->text == request.text);
    }
}

TEST_CASE("SSH is had without a pod.json when the pod gives a key, whatever the reason reads like") {
    CHECK_FALSE(rescue_spec("why", {"PATH=/usr/sbin"}));
    const auto pasted = rescue_spec("why", {"PUBLIC_KEY=-----BEGIN OPENSSH PRIVATE KEY-----", "PATH=/usr/sbin"});
    REQUIRE_FALSE(pasted);
    CHECK(pasted.error().message.find("PUBLIC_KEY holds a private key") == 0);
    const auto spec =
        rescue_spec("bad {port} {nonsense}", {"PUBLIC_KEY=x", "PATH=/nowhere", "TMPLBUILD_SSH_PORT=2222"});
    if (!spec) return;  // no sshd on this machine
    CHECK(pod::check_pod_spec(*spec).empty());
    CHECK(spec->services[0].port == 2222);
}
