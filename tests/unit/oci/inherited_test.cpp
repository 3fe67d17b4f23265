// SPDX-License-Identifier: Apache-2.0
#include "oci/inherited.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace tmplbuild;
using oci::Inherited;

static oci::ImageConfig base_config() {
    const std::string text = R"({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []},
        "config": {"Env": ["PATH=/opt/conda/bin:/bin", "A=base"], "User": "1000:100", "WorkingDir": "/work",
                   "ExposedPorts": {"8080/tcp": {}, "53/udp": {}, "70000/tcp": {}}, "Volumes": {"/data": {}},
                   "Labels": {"l": "base", "kept": "yes"}, "StopSignal": "SIGQUIT",
                   "Healthcheck": {"Test": ["CMD", "true"]}, "OnBuild": ["RUN true"], "Cmd": ["bash"]}})";
    return oci::parse_config(text, "config").value();
}

TEST_CASE("an image takes over what its base's configuration says, as FROM does") {
    const Inherited base = oci::inherit(base_config());
    CHECK(base.user == "1000:100");
    CHECK(base.directory == "/work");
    CHECK(base.ports == std::set<std::string>{"8080/tcp", "53/udp"});
    CHECK(base.volumes == std::set<std::string>{"/data"});
    CHECK(Inherited::from_json(base.to_json()).value() == base);

    oci::ImageSpec spec;
    spec.environment["A"] = "template";
    spec.labels["l"] = "template";
    oci::lay_under(base, spec);
    CHECK(spec.environment == std::map<std::string, std::string>{{"PATH", "/opt/conda/bin:/bin"}, {"A", "template"}});
    CHECK(spec.labels == std::map<std::string, std::string>{{"l", "template"}, {"kept", "yes"}});
    CHECK(spec.user == "1000:100");
    CHECK(spec.directory == "/work");
    spec.user = "root";
    oci::lay_under(base, spec);
    CHECK(spec.user == "root");
}

TEST_CASE("what an image cannot take over is said") {
    const Inherited base = oci::inherit(base_config());
    REQUIRE(base.lost.size() == 4);
    for (const char* word : {"70000/tcp", "SIGQUIT", "HEALTHCHECK", "ONBUILD"})
        CHECK(std::any_of(base.lost.begin(), base.lost.end(),
                          [&](const std::string& lost) { return lost.find(word) != std::string::npos; }));
}
