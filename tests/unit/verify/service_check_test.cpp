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
        builder.add_text("etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:5:5::/:/bin/sh\n");
        builder.add_text("etc/group", "root:x:0:\nwebs:x:5:\n");
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

std::string found(pod::Service service) {
    static const Root root;
    pod::PodSpec spec;
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
