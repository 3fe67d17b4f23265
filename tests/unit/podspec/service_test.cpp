// SPDX-License-Identifier: Apache-2.0
// The services of pod.json: every field of the table is written, read back, checked, and left out where it has its
// default.
#include <tuple>

#include "base/json.hpp"
#include "base/placeholders.hpp"
#include "podspec/each_differs.hpp"
#include "podspec/names.hpp"
#include "podspec/needs.hpp"
#include "podspec/placeholders.hpp"
#include "podspec/pod_spec.hpp"
#include "podspec/service_fields.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

pod::Service named(const std::string& name, std::vector<std::string> needs = {}) {
    pod::Service service;
    service.name = name;
    service.command = {"true"};
    service.needs = std::move(needs);
    return service;
}

pod::Probe asking(pod::Probe::Kind kind, const std::string& what) {
    pod::Probe probe;
    probe.kind = kind;
    if (kind == pod::Probe::Kind::http) probe.http = what;
    if (kind == pod::Probe::Kind::exec) probe.exec = {what};
    if (kind == pod::Probe::Kind::log) probe.log = what;
    return probe;
}

// Every field of a service has another value than its default somewhere.
pod::PodSpec whole() {
    pod::PodSpec spec;
    spec.name = "image";
    spec.console_port = 8765;
    spec.constraints = "/opt/constraints.txt";
    spec.cuda = "13.0";
    spec.minimum_driver = "580.65.6";
    spec.stop_total_ms = 8'000;
    spec.log_file_bytes = 200'000;
    spec.log_files = 2;
    pod::Service web = named("web", {"once"});
    web.command = {"serve", "{port}"};
    web.directory = "/srv";
    web.environment = {{"A", "1"}};
    web.generated_secrets = {{"TOKEN", "FROM"}, {"OTHER", ""}};
    web.user = "1000:1000";
    web.umask = 022;
    web.rlimits = {{"nofile", 10, 20}, {"memlock", {}, {}}};
    web.port = 8188;
    web.private_port = 18188;
    web.host = "0.0.0.0";
    web.is_public = true;
    web.entry = {"/", "/lab"};
    web.origin = pod::OriginUse::rewrite;
    web.ready = asking(pod::Probe::Kind::http, "/");
    web.ready.port = 18188;
    web.ready.interval_ms = 10;
    web.ready.timeout_ms = 20;
    web.ready.deadline_ms = 0;
    web.health = asking(pod::Probe::Kind::tcp, "");
    web.health.interval_ms = 30'000;
    web.health_failures = 2;
    web.uses_kernels = {"attention"};
    web.args_with_kernel = {"--fast"};
    web.args_without_gpu = {"--cpu"};
    web.degraded_log = "fell back";
    web.on_kernel_ready = pod::OnKernelReady::notify;
    web.idle = {"/queue", {"running"}};
    web.restart = {pod::Restart::Policy::never, 3, 100, 200, 300};
    web.critical = web.logins = true;
    web.stop_grace_ms = 1'000;
    web.stop_signal = pod::StopSignal::interrupt;
    pod::Service once = named("once");
    once.oneshot = true;
    once.umask = 0;
    pod::Service exec = named("exec");
    exec.ready = asking(pod::Probe::Kind::exec, "true");
    pod::Service log = named("log");
    log.ready = asking(pod::Probe::Kind::log, "up");
    spec.services = {web, once, exec, log};
    return spec;
}

constexpr const char* written =
    R"({"console_port":8765,"constraints":"/opt/constraints.txt","cuda":"13.0","log_file_bytes":200000,"log_files":2,)"
    R"("minimum_driver":"580.65.6","name":"image","services":[)"
    R"({"args_with_kernel":["--fast"],"args_without_gpu":["--cpu"],"command":["serve","{port}"],"critical":true,)"
    R"("degraded_log":"fell back","directory":"/srv","entry":["/","/lab"],"environment":{"A":"1"},)"
    R"("generated_secrets":[{"from":"FROM","variable":"TOKEN"},{"from":"","variable":"OTHER"}],)"
    R"("health":{"interval_ms":30000,"tcp":true},"health_failures":2,"host":"0.0.0.0",)"
    R"("idle":{"empty":["running"],"http":"/queue"},"logins":true,"name":"web","needs":["once"],)"
    R"("on_kernel_ready":"notify","origin":"rewrite","port":8188,"private_port":18188,"public":true,)"
    R"("ready":{"deadline_ms":0,"http":"/","interval_ms":10,"port":18188,"timeout_ms":20},)"
    R"("restart":{"backoff_max_ms":200,"backoff_min_ms":100,"budget":3,"policy":"never","stable_ms":300},)"
    R"("rlimits":[{"hard":20,"resource":"nofile","soft":10},{"hard":null,"resource":"memlock","soft":null}],)"
    R"("stop_grace_ms":1000,"stop_signal":"INT","umask":18,"user":"1000:1000","uses_kernels":["attention"]},)"
    R"({"command":["true"],"name":"once","oneshot":true,"umask":0},)"
    R"({"command":["true"],"name":"exec","ready":{"exec":["true"]}},)"
    R"({"command":["true"],"name":"log","ready":{"log":"up"}}],"stop_total_ms":8000,"version":2})"
    "\n";

pod::Service read(const std::string& members) {
    const std::string text = R"({"version":2,"services":[{"name":"web","command":["true"],)" + members + "}]}";
    return pod::read_pod_spec(text).value().services.front();
}

std::vector<std::string> errors_of(pod::Service service) {
    pod::PodSpec spec;
    spec.services = {std::move(service)};
    std::vector<std::string> out;
    for (const Error& error : pod::check_pod_spec(spec)) out.push_back(error.message);
    return out;
}

}  // namespace

TEST_CASE("A pod.json has these bytes, whatever order its fields are written in") {
    CHECK(pod::write_pod_spec(whole()) == written);
    const pod::PodSpec back = pod::read_pod_spec(written).value();
    CHECK(back == whole());
    CHECK(back.notes.empty());
}

TEST_CASE("Every field of the tables has another value than its default in the test of the bytes") {
    const pod::PodSpec spec = whole();
    each_differs(pod::pod_fields, std::vector{spec});
    each_differs(pod::service_fields, spec.services);
    each_differs(pod::restart_fields, std::vector{spec.services[0].restart});
    each_differs(pod::idle_fields, std::vector{spec.services[0].idle});
    std::vector<pod::Probe> probes;
    for (const auto& service : spec.services) probes.insert(probes.end(), {service.ready, service.health});
    each_differs(pod::probe_fields, probes);
}

TEST_CASE("What has its default is left out, and what is left out has its default") {
    pod::PodSpec spec;
    spec.services = {named("web")};
    CHECK(pod::write_pod_spec(spec) == "{\"services\":[{\"command\":[\"true\"],\"name\":\"web\"}],\"version\":2}\n");
    CHECK(pod::read_pod_spec(pod::write_pod_spec(spec)).value() == spec);
}

TEST_CASE("A service with a wrong value cannot be used, and its neighbours can") {
    const std::vector<std::tuple<const char*, const char*>> rows = {
        {R"("command":"true")", "command is not an array of strings"},
        {R"("user":7)", "user is not a string"},
        {R"("port":65536)", "port is not a whole number from 0 to 65535"},
        {R"("public":"yes")", "public is not true or false"},
        {R"("umask":512)", "umask is not a whole number from 0 to 511"},
        {R"("environment":{"A=B":"1"})", "environment.A=B is not a variable name with a string value"},
        {R"("generated_secrets":[{}])", "generated_secrets is not an array of {variable, from} with variable names"},
        {R"("rlimits":[{"soft":-1}])", "rlimits is not an array of {resource, soft, hard} with whole numbers or null"},
        {R"("ready":{"http":"/","tcp":true})", "ready must have exactly one of http, tcp, exec and log"},
        {R"("ready":{"interval_ms":100})", "ready must have exactly one of http, tcp, exec and log"},
        {R"("ready":{"tcp":true,"interval_ms":9})", "ready.interval_ms is not a whole number from 10 to 3600000"},
        {R"("health":true)", "health is not an object"},
        {R"("health_failures":0)", "health_failures is not a whole number from 1 to 1000"},
        {R"("on_kernel_ready":"later")", "on_kernel_ready is not notify, restart or restart-when-idle"},
        {R"("restart":{"policy":"sometimes"})", "restart.policy is not always, on-failure or never"},
        {R"("idle":{"empty":[1]})", "idle.empty is not an array of strings"},
        {R"("stop_signal":"SIGINT")", "stop_signal is not TERM, INT, QUIT, HUP, USR1, USR2, KILL or WINCH"},
        {R"("stop_grace_ms":600001)", "stop_grace_ms is not a whole number from 0 to 600000"},
    };
    for (const auto& [members, why] : rows) CHECK(read(members).unusable == why);
    const auto spec = pod::read_pod_spec(
        R"({"version":2,"services":[{"name":"a","port":"x"},7,{"name":"b","idle":{"later":1},"new":2}]})");
    REQUIRE(spec);
    CHECK(spec->services[0].unusable == "port is not a whole number from 0 to 65535");
    CHECK(spec->services[1].unusable == "services[1] is not an object");
    CHECK(spec->services[1].name == "service-2");
    CHECK(spec->services[2].unusable.empty());
    CHECK(spec->notes == std::vector<std::string>{"service 'b': idle.later is not a key of this version; it is ignored",
                                                  "service 'b': new is not a key of this version; it is ignored"});
}

TEST_CASE("A field with a value of the right type that says nothing right is an error when the image is built") {
    const std::string who = "service 'web': ";
    auto changed = [&](auto change) {
        pod::Service service = named("web");
        service.port = 80;
        change(service);
        return errors_of(std::move(service));
    };
    using Errors = std::vector<std::string>;
    CHECK(changed([](pod::Service&) {}).empty());
    CHECK(changed([](pod::Service& s) { s.command = {""}; }) == Errors{who + "it has no command"});
    CHECK(changed([](pod::Service& s) { s.directory = "srv"; }) ==
          Errors{who + "directory 'srv' is not an absolute path"});
    CHECK(changed([](pod::Service& s) { s.idle.http = "queue"; }) == Errors{who + "idle.http 'queue' is not a path"});
    CHECK(changed([](pod::Service& s) { s.ready = asking(pod::Probe::Kind::http, "x"); }) ==
          Errors{who + "ready.http 'x' is not a path"});
    CHECK(changed([](pod::Service& s) { s.health = asking(pod::Probe::Kind::http, "x"); }) ==
          Errors{who + "health.http 'x' is not a path"});
    CHECK(changed([](pod::Service& s) { s.health = asking(pod::Probe::Kind::log, "x"); }) ==
          Errors{who + "'health' cannot be a line of the log"});
    CHECK(changed([](pod::Service& s) {
              s.rlimits = {{"files", 1, 1}};
          }) == Errors{who + "'files' is not a resource limit"});
    CHECK(changed([](pod::Service& s) {
              s.rlimits = {{"nofile", 2, 1}};
          }) == Errors{who + "the soft limit of nofile is above its hard limit"});
}

TEST_CASE("Each circle of needs is found once, with the names on its way") {
    auto circles = [](const std::vector<pod::Service>& services) {
        std::vector<const pod::Service*> list;
        for (const auto& service : services) list.push_back(&service);
        return pod::circles_of_needs(list);
    };
    using Circles = std::vector<std::vector<std::string>>;
    CHECK(circles({named("a", {"b", "c"}), named("b", {"c"}), named("c", {"missing"})}).empty());
    CHECK(circles({named("a", {"a"})}) == Circles{{"a", "a"}});
    CHECK(circles({named("x", {"a"}), named("a", {"b"}), named("b", {"c", "a"}), named("c", {"b"})}) ==
          Circles{{"b", "c", "b"}, {"a", "b", "a"}});
}

TEST_CASE("Words in braces are found and filled in by the same rules") {
    pod::Service service = named("web");
    service.port = 80;
    service.private_port = 8080;
    const std::vector<std::tuple<const char*, const char*, std::vector<std::string>>> rows = {
        {"{host}:{port}/{public_port}", "127.0.0.1:8080/80", {"host", "port", "public_port"}},
        {"{{port}} ${port} {PORT} {} { port }", "{port} ${port} {PORT} {} { port }", {}},
        {R"({"port": {port}, "a": {{}}})", R"({"port": 8080, "a": {{}}})", {"port"}},
        {R"({{"port": {port}}})", R"({{"port": 8080}})", {"port"}},
        {"{name", "{name", {}},
    };
    for (const auto& [text, filled, words] : rows) {
        INFO(text);
        CHECK(pod::expand(text, service, "command[0]", "pod.json").value() == filled);
        CHECK(placeholder_words(text) == words);
    }
    service.port = 0;
    CHECK(pod::expand("{port}", service, "command[0]", "pod.json").error().message ==
          "command[0]: '{port}' is used, but the service has no port");
    CHECK(pod::expand("{prot}", service, "command[0]", "pod.json").error().message ==
          "command[0]: '{prot}' is not a placeholder");
}

TEST_CASE("no service is the gateway's user where there is a gateway") {
    pod::PodSpec spec;
    spec.name = "image";
    spec.services = {named("one"), named("two"), named("three"), named("four")};
    spec.services[0].user = "65527";
    spec.services[1].user = "1000:65527";
    spec.services[2].user = "65527:1000";
    spec.services[3].user = "nobody";
    CHECK(pod::check_pod_spec(spec).empty());
    spec.console_port = 8765;
    const std::vector<Error> errors = pod::check_pod_spec(spec);
    REQUIRE(errors.size() == 3);
    CHECK(errors[1].message == "service 'two': its user '1000:65527' is the gateway's own, 65527");
    CHECK(errors[1].hint == "take another number");
}
