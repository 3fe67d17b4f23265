// SPDX-License-Identifier: Apache-2.0
#include "console/policy/origin.hpp"

#include "console/policy/own_origins.hpp"
#include "support/catch.hpp"

namespace tmplbuild::console {
namespace {

std::string read(std::string_view text) {
    const auto origin = Origin::parse(text);
    return origin ? origin->to_string() + " " + std::to_string(origin->port) : "none";
}

}  // namespace

TEST_CASE("an origin is scheme, host and port, and nothing more") {
    CHECK(read("https://Pod.Example.ORG") == "https://pod.example.org 443");
    CHECK(read("HTTPS://pod.example.org:443") == "https://pod.example.org 443");
    CHECK(read("http://localhost") == "http://localhost 80");
    CHECK(read("http://127.0.0.1:8188") == "http://127.0.0.1:8188 8188");
    CHECK(read("http://[::1]:8188") == "http://[::1]:8188 8188");
    CHECK(read("http://[::1]") == "http://[::1] 80");
    for (const char* text : {"null",
                             "",
                             "https://",
                             "https:///",
                             "https://a/",
                             "https://a/b",
                             "https://u@a",
                             "https://a:0",
                             "https://a:65536",
                             "https://a:",
                             "https://a:1:2",
                             "ftp://a",
                             "//a",
                             "a",
                             "https://a b",
                             "https://a?x",
                             "https://a#x",
                             "https://[a",
                             "https://[]",
                             "https://.a",
                             "https://a, https://b",
                             "https://a\n",
                             "file://",
                             "https://[::1]x"})
        CHECK(read(text) == "none");
}

TEST_CASE("loopback is known by its spelling, and is no name that begins like it") {
    for (const char* host : {"http://localhost", "http://127.0.0.1", "http://127.255.1.2:9", "http://[::1]:1"})
        CHECK(Origin::parse(host)->is_loopback());
    for (const char* host : {"http://localhost.example", "http://127.0.0.1.example", "http://127.0.0",
                             "http://127.0.0.256", "http://128.0.0.1", "http://[::2]", "http://notlocalhost"})
        CHECK_FALSE(Origin::parse(host)->is_loopback());
}

TEST_CASE("a pod has its proxy, loopback and what CONSOLE_ORIGINS names") {
    std::vector<std::string> notes;
    const OwnOrigins own =
        OwnOrigins::of("AbC123", "https://pod.example.org, 8188=https://comfy.example.org:8443", 8765, notes);
    CHECK(notes.empty());
    const auto origin = [&](std::string_view host, std::uint16_t port) {
        const auto found = own.of_request(host, port);
        return found ? found->to_string() : "none";
    };
    CHECK(origin("abc123-8188.proxy.runpod.net", 8188) == "https://abc123-8188.proxy.runpod.net");
    CHECK(origin("ABC123-8188.proxy.runpod.net:443", 8188) == "https://abc123-8188.proxy.runpod.net");
    CHECK(origin("abc123-8765.proxy.runpod.net", 8188) == "none");
    CHECK(origin("pod.example.org", 8765) == "https://pod.example.org");
    CHECK(origin("pod.example.org", 8188) == "none");
    CHECK(origin("comfy.example.org:8443", 8188) == "https://comfy.example.org:8443");
    CHECK(origin("comfy.example.org", 8188) == "none");
    CHECK(origin("localhost:9000", 8188) == "http://localhost:9000");
    CHECK(origin("[::1]:8188", 8188) == "http://[::1]:8188");
    CHECK(own.for_log(8765).to_string() == "https://pod.example.org");
    CHECK(own.for_log(8888).to_string() == "https://abc123-8888.proxy.runpod.net");
}

TEST_CASE("without RUNPOD_POD_ID no host of the proxy is ours") {
    std::vector<std::string> notes;
    const OwnOrigins own = OwnOrigins::of("", "", 8765, notes);
    CHECK_FALSE(own.of_request("-8188.proxy.runpod.net", 8188));
    CHECK_FALSE(own.of_request("x-8188.proxy.runpod.net", 8188));
    CHECK(own.for_log(8765).to_string() == "http://127.0.0.1:8765");
}

TEST_CASE("a link leads to another port by the way on which somebody came") {
    std::vector<std::string> notes;
    const OwnOrigins own = OwnOrigins::of(
        "abc", "https://pod.example.org 8188=https://comfy.example.org https://second.example.org", 8765, notes);
    const auto link = [&](std::string_view host, std::uint16_t from, std::uint16_t to) {
        const auto found = own.at_port(*own.of_request(host, from), from, to);
        return found ? found->to_string() : "none";
    };
    CHECK(link("abc-8765.proxy.runpod.net", 8765, 8188) == "https://abc-8188.proxy.runpod.net");
    CHECK(link("pod.example.org", 8765, 8188) == "https://comfy.example.org");
    CHECK(link("second.example.org", 8765, 8188) == "https://comfy.example.org");
    CHECK(link("second.example.org", 8765, 8765) == "https://second.example.org");
    CHECK(link("pod.example.org", 8765, 8888) == "none");
    CHECK(link("localhost:8765", 8765, 8188) == "http://localhost:8188");
    CHECK(link("127.0.0.1:8188", 8188, 8765) == "http://127.0.0.1:8765");
}

TEST_CASE("what CONSOLE_ORIGINS cannot mean is said and left out") {
    std::vector<std::string> notes;
    const OwnOrigins own = OwnOrigins::of(
        "", "pod.example.org https://a.example/ 0=https://b.example x=https://c.example 8188=", 8765, notes);
    CHECK(notes.size() == 5);
    CHECK_FALSE(own.of_request("pod.example.org", 8765));
    CHECK_FALSE(own.of_request("a.example", 8765));
    for (const std::string& note : notes) CHECK(note.find("https://pod.example.org") != std::string::npos);
}

}  // namespace tmplbuild::console
