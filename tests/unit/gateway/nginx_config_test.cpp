// SPDX-License-Identifier: Apache-2.0
#include "gateway/nginx_config.hpp"

#include <regex>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using gateway::Addresses;

namespace {

pod::Service on_port(const std::string& name, std::uint16_t port, std::uint16_t private_port) {
    pod::Service service;
    service.name = name;
    service.command = {"serve"};
    service.port = port;
    service.private_port = private_port;
    return service;
}

pod::PodSpec example() {
    pod::PodSpec spec;
    spec.name = "image";
    spec.console_port = 8765;
    spec.services = {on_port("jupyterlab", 8888, 41000), on_port("comfyui", 8188, 41001), on_port("sshd", 22, 0),
                     on_port("worker", 0, 0)};
    spec.services[1].origin = pod::OriginUse::rewrite;
    spec.services[2].is_public = true;
    return spec;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
    return found;
}

}  // namespace

TEST_CASE("the gateway's configuration is the golden one") {
    const std::string file = TEST_DATA "/golden/gateway/nginx.conf";
    const std::string made = gateway::nginx_config(example(), Addresses::ipv4_and_ipv6);
    if (std::getenv("TMPLBUILD_ACCEPT") != nullptr) sys::write_file_atomic(file, made).value();
    CHECK(made == sys::read_file(file).value());
}

TEST_CASE("a kernel without IPv6 is asked for no such socket, and all else is the same") {
    const std::string both = gateway::nginx_config(example(), Addresses::ipv4_and_ipv6);
    const std::string ipv4 = gateway::nginx_config(example(), Addresses::ipv4);
    CHECK(count(both, "listen [::]:") == 3);
    CHECK(std::regex_replace(both, std::regex(R"( +listen \[::\][^\n]*\n)"), "") == ipv4);
}

TEST_CASE("the gateway stays away from ports of public services and of none") {
    const std::string made = gateway::nginx_config(example(), Addresses::ipv4_and_ipv6);
    CHECK(count(made, "listen 0.0.0.0:") == 3);
    CHECK(count(made, ":22 ") == 0);
    CHECK(count(made, "sshd") == 0);
    CHECK(count(made, "worker\"") == 0);
}

TEST_CASE("a pod with no service behind the gateway has the console alone") {
    pod::PodSpec spec = example();
    spec.services = {spec.services[2]};
    const std::string made = gateway::nginx_config(spec, Addresses::ipv4);
    CHECK(count(made, "server {") == 1);
    CHECK(count(made, "listen 0.0.0.0:8765 ") == 1);
    CHECK(count(made, "forwarded_proto") == 0);  // set nowhere: nginx would not start
    CHECK(count(made, "map $server_port $service ") == 1);
}

TEST_CASE("no word of the configuration is left to fill in") {
    CHECK_FALSE(std::regex_search(gateway::nginx_config(example(), Addresses::ipv4_and_ipv6), std::regex("@[a-z_]+@")));
}
