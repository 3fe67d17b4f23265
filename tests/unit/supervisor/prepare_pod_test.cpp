// SPDX-License-Identifier: Apache-2.0
// What is made of pod.json and the pod's variables before anything starts.
#include "supervisor/prepare_pod.hpp"

#include "supervisor/environment.hpp"
#include "supervisor/named_service.hpp"
#include "supervisor/services.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

TEST_CASE("services that cannot run are marked with the reason, and the others are filled in") {
    pod::PodSpec spec;
    spec.services = {named("web"), named("web"), named("lost"), named("empty"), named("braces")};
    spec.services[0].command = {"/bin/web", "{name}"};
    spec.services[2].needs = {"nobody"};
    spec.services[3].command = {""};
    spec.services[4].command = {"/bin/x", "{nonsense}"};
    const auto expanded = expand_services(spec, "/pod.json");
    CHECK(spec.services[0].unusable.empty());
    CHECK(expanded[0].command == std::vector<std::string>{"/bin/web", "web"});
    CHECK(spec.services[1].unusable == "another service has the same name");
    CHECK(spec.services[2].unusable == "it needs 'nobody', which is not a service of this pod");
    CHECK(spec.services[3].unusable == "its command is empty");
    CHECK(spec.services[4].unusable.find("nonsense") != std::string::npos);
}

TEST_CASE("a pod's folder of logs has RunPod's name for the pod, else the host's, and nothing of it leads elsewhere") {
    pod::PodSpec spec;
    const auto name = [&](const std::vector<std::string>& environment, const std::string& host) {
        return log_writer_options(spec, environment, host).pod;
    };
    CHECK(name({"RUNPOD_POD_ID=abc-1"}, "host") == "abc-1");
    CHECK(name({}, "ho.st") == "ho_st");
    CHECK(name({"RUNPOD_POD_ID=../../etc"}, "host") == "______etc");
    CHECK(name({}, "") == "pod");
    CHECK(log_writer_options(spec, {"TMPLBUILD_VOLUME=/v"}, "h").volume == "/v");
    CHECK(log_writer_options(spec, {}, "h").volume == "/workspace");
}

TEST_CASE("a variable of an environment is found whole, and set in place of every other of its name") {
    std::vector<std::string> environment{"PATH=/bin", "PATHS=/no", "A=1", "A=2", "EMPTY="};
    CHECK(value_in(environment, "PATH") == "/bin");
    CHECK(value_in(environment, "PAT").empty());
    CHECK(value_in(environment, "EMPTY").empty());
    set_variable(environment, "A", "3");
    CHECK(environment == std::vector<std::string>{"PATH=/bin", "PATHS=/no", "EMPTY=", "A=3"});
}

TEST_CASE("HOME, USER and LOGNAME follow the user, unless the service says otherwise") {
    pod::Service service = named("web");
    service.environment = {{"HOME", "/data"}};
    SpawnRequest request;
    request.environment = {"HOME=/data", "USER=root"};
    Account account;
    account.uid = 5;
    account.home = "/home/user";
    account.name = "user";
    add_account(request, service, account);
    CHECK(value_in(request.environment, "HOME") == "/data");
    CHECK(value_in(request.environment, "USER") == "user");
    CHECK(value_in(request.environment, "LOGNAME") == "user");
    CHECK(request.account->uid == 5);
}
