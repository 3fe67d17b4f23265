// SPDX-License-Identifier: Apache-2.0
#include "verify/service_check.hpp"

#include <memory>

#include "base/digest.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

// A root of one layer, kept with its bytes.
class Root {
  public:
    Root() {
        using Type = kernel::IndexedFile::Type;
        kernel::LayerIndexBuilder builder;
        for (const char* folder : {"usr", "usr/bin", "opt", "opt/app", "etc"})
            builder.add_file(folder, {Type::directory, 0755, 0, {}});
        builder.add_file("bin", {Type::symlink, 0777, 0, "usr/bin"});
        builder.add_file("usr/bin/sh", {Type::file, 0755, 1, {}});
        builder.add_file("usr/bin/python3", {Type::symlink, 0777, 0, "python3.11"});
        builder.add_file("usr/bin/python3.11", {Type::file, 0755, 1, {}});
        builder.add_file("opt/app/data", {Type::file, 0644, 1, {}});
        builder.add_file("opt/app/run", {Type::file, 0755, 1, {}});
        builder.add_file("etc/passwd", {Type::file, 0644, 1, {}});
        builder.add_file("etc/group", {Type::file, 0644, 1, {}});
        builder.add_text("etc/passwd",
                         "root:x:0:0::/root:/bin/sh\nweb:x:5:5::/:/bin/sh\n"
                         "proxy:x:65527:5::/:/bin/sh\nfriend:x:6:65527::/:/bin/sh\n");
        builder.add_text("etc/group", "root:x:0:\nwebs:x:5:\nproxies:x:65527:\n");
        const auto script = [&](const std::string& path, const std::string& first_line) {
            builder.add_file(path, {Type::file, 0755, 9, {}});
            builder.add_text(path, first_line);
        };
        script("opt/app/good", "#!/bin/sh -e");
        script("opt/app/blank", "#! \t/usr/bin/python3 -I");
        script("opt/app/venv", "#!/opt/venv/bin/python3");
        script("opt/app/data-runs-it", "#!/opt/app/data");
        script("opt/app/windows", "#!/bin/sh\r");
        script("opt/app/empty", "#! ");
        script("opt/app/of-a-script", "#!/opt/app/venv -x");
        script("opt/app/circle", "#!/opt/app/circle");
        script("opt/app/five", "#!/opt/app/four");  // as many as Linux follows
        script("opt/app/four", "#!/opt/app/three");
        script("opt/app/three", "#!/opt/app/two");
        script("opt/app/two", "#!/opt/app/good");
        script("opt/app/six", "#!/opt/app/five");
        script("opt/app/by-env", "#!/usr/bin/env python3");
        script("opt/app/by-env-node", "#!/usr/bin/env node");
        script("opt/app/by-env-words", "#!/usr/bin/env python3 -u");
        script("opt/app/by-env-split", "#!/usr/bin/env -S python3 -u");
        script("opt/app/by-env-split-node", "#!/usr/bin/env -S  A=1 node --x");
        script("opt/app/by-env-windows", "#!/usr/bin/env python3\r");
        script("opt/app/by-env-unsure", "#!/usr/bin/env -i node");
        script("opt/app/on-volume", "#!/workspace/venv/bin/python");
        script("opt/app/to-volume", "#!/opt/volume/bin/python");
        script("usr/bin/tool", "#!/usr/bin/perl -w");
        builder.add_file("opt/app/hard", {Type::hardlink, 0755, 0, "opt/app/venv"});
        builder.add_file("opt/app/soft", {Type::symlink, 0777, 0, "../app/venv"});
        builder.add_file("opt/volume", {Type::symlink, 0777, 0, "/workspace/own"});
        builder.add_file("usr/bin/env", {Type::file, 0755, 1, {}});
        text_ = builder.finish(Sha256::of("layer"));
        index_ = std::make_unique<kernel::LayerIndex>(
            kernel::LayerIndex::open({reinterpret_cast<const std::byte*>(text_.data()), text_.size()}).value());
    }
    RootView view() const { return RootView({index_.get()}); }

  private:
    std::string text_;
    std::unique_ptr<kernel::LayerIndex> index_;
};

pod::Service started_as(std::vector<std::string> command, std::string directory = {}, std::string user = {}) {
    pod::Service service;
    service.name = "x";
    service.command = std::move(command);
    service.directory = std::move(directory);
    service.user = std::move(user);
    return service;
}

std::string found(pod::Service service, std::uint16_t console_port = 0) {
    static const Root root;
    pod::PodSpec spec;
    spec.console_port = console_port;
    spec.services.push_back(std::move(service));
    std::string out;
    for (const Finding& finding : check_services(root.view(), spec, "/usr/local/bin:/usr/bin:/bin"))
        out += finding.message + "\n";
    return out;
}

}  // namespace

TEST_CASE("a service's program is looked for as the pod will look for it") {
    CHECK(found(started_as({"python3", "-m", "x"})).empty());
    CHECK(found(started_as({"/bin/sh"})).empty());
    CHECK(found(started_as({"./run"}, "/opt/app")).empty());
    CHECK(found(started_as({"/workspace/own/start"})).empty());
    pod::Service own_path = started_as({"start"});
    own_path.environment = {{"PATH", "/workspace/bin:/usr/bin"}};
    CHECK(found(own_path).empty());
    CHECK(found(started_as({"/opt/venv/bin/python"})) == "its program '/opt/venv/bin/python' is not in the image\n");
    CHECK(found(started_as({"pyhton3"})) ==
          "its program 'pyhton3' is not in the image, on PATH /usr/local/bin:/usr/bin:/bin\n");
    CHECK(found(started_as({"/opt/app/data"})) == "its program '/opt/app/data' cannot be executed\n");
    CHECK(found(started_as({"/opt/app"})) == "its program '/opt/app' cannot be executed\n");
    pod::Service probed = started_as({"sh"});
    probed.ready.kind = probed.health.kind = pod::Probe::Kind::exec;
    probed.ready.exec = {"curl", "x"};
    probed.health.exec = {"/opt/app/ask"};
    CHECK(found(probed) ==
          "the program of its readiness probe 'curl' is not in the image, on PATH /usr/local/bin:/usr/bin:/bin\n"
          "the program of its health probe '/opt/app/ask' is not in the image\n");
}

TEST_CASE("a service's folder, user and group are looked for in the image") {
    CHECK(found(started_as({"sh"}, "/opt/app", "web:webs")).empty());
    CHECK(found(started_as({"sh"}, "/workspace/x", "1000:1000")).empty());
    CHECK(found(started_as({"sh"}, "/opt/none")) == "its directory '/opt/none' is not in the image\n");
    CHECK(found(started_as({"sh"}, "/opt/app/data")) == "its directory '/opt/app/data' is not in the image\n");
    CHECK(found(started_as({"sh"}, "", "we")) == "the image has no user 'we'\n");
    CHECK(found(started_as({"sh"}, "", "web:nobodies")) == "the image has no group 'nobodies'\n");
}

TEST_CASE("a service is not the gateway's user by a name of the image") {
    const std::string end = ", which is the gateway's own\n";
    CHECK(found(started_as({"sh"}, "", "proxy"), 8765) ==
          "its user 'proxy' has the number 65527 in the image's /etc/passwd" + end);
    CHECK(found(started_as({"sh"}, "", "friend"), 8765) ==
          "its user 'friend' has the number 65527 in the image's /etc/passwd" + end);
    CHECK(found(started_as({"sh"}, "", "web:proxies"), 8765) ==
          "its group 'proxies' has the number 65527 in the image's /etc/group" + end);
    CHECK(found(started_as({"sh"}, "", "web:webs"), 8765).empty());
    CHECK(found(started_as({"sh"}, "", "proxy:proxies")).empty());  // no console, so no gateway
}

TEST_CASE("a program that is a script needs the program that runs it") {
    const auto run = [](const std::string& name) { return found(started_as({"/opt/app/" + name})); };
    for (const char* good :
         {"good", "blank", "by-env", "by-env-split", "by-env-unsure", "on-volume", "to-volume", "five"})
        CHECK(run(good).empty());
    CHECK(run("venv") ==
          "its program '/opt/app/venv' is a script for '/opt/venv/bin/python3', which is not in the image\n");
    CHECK(run("hard") ==
          "its program '/opt/app/hard' is a script for '/opt/venv/bin/python3', which is not in the image\n");
    CHECK(run("soft") ==
          "its program '/opt/app/soft' is a script for '/opt/venv/bin/python3', which is not in the image\n");
    CHECK(run("of-a-script") ==
          "its program '/opt/app/of-a-script' is a script for '/opt/venv/bin/python3', which is not in the image\n");
    CHECK(run("data-runs-it") ==
          "its program '/opt/app/data-runs-it' is a script for '/opt/app/data', which cannot be executed\n");
    CHECK(run("windows") ==
          "its program '/opt/app/windows' is a script for '/bin/sh?': its first line ends with a "
          "carriage return, which Linux takes for a part of the name\n");
    CHECK(run("six").find("more than Linux follows") != std::string::npos);
    CHECK(run("circle") ==
          "its program '/opt/app/circle' is a script for a script for a script, and so on, more than "
          "Linux follows\n");
    CHECK(run("empty") == "its program '/opt/app/empty' begins with '#!' and names no interpreter\n");
    CHECK(run("by-env-node") ==
          "its program '/opt/app/by-env-node' is a script for '/usr/bin/env node', and 'node' is "
          "not in the image, on PATH /usr/local/bin:/usr/bin:/bin\n");
    CHECK(run("by-env-split-node") ==
          "its program '/opt/app/by-env-split-node' is a script for '/usr/bin/env -S  A=1 node --x', and 'node' is not "
          "in the image, on PATH /usr/local/bin:/usr/bin:/bin\n");
    CHECK(run("by-env-words").find("and 'python3 -u' is not in the image") != std::string::npos);
    CHECK(run("by-env-windows").find("and 'python3?' is not in the image") != std::string::npos);
    CHECK(found(started_as({"tool"})) ==
          "its program '/usr/bin/tool' is a script for '/usr/bin/perl', which is not in the image\n");
    pod::Service probed = started_as({"sh"});
    probed.ready.kind = pod::Probe::Kind::exec;
    probed.ready.exec = {"/opt/app/venv"};
    CHECK(found(probed) ==
          "the program of its readiness probe '/opt/app/venv' is a script for "
          "'/opt/venv/bin/python3', which is not in the image\n");
}

TEST_CASE("what a link leads to on the volume cannot be told") {
    CHECK(found(started_as({"/opt/volume/start"}, "/opt/volume/data")).empty());
}
