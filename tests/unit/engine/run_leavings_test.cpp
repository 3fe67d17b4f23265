// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/run_leavings.hpp"

#include <sys/stat.h>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Upper {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "leavings-test-").value();
    fs::path path() const { return folder.path(); }
    void file(const std::string& name, const std::string& text = "x") const {
        REQUIRE(sys::write_file_atomic(path() / name, text));
    }
};

}  // namespace

TEST_CASE("a user's files are kept, caches of package tools are scrubbed, empty places are told") {
    for (const char* path : {"root/.cache/huggingface", "root/.cache/huggingface/hub/model.bin", "root/.cache/torch",
                             "root/.cache/pipx", "home/u/.cache/pip", "opt/x", "var/lib/x", "etc/hosts", "tmp", "run"})
        CHECK(std::string(path) + (leaving_of(path) == Leaving::kept ? "" : "!") == path);
    for (const char* path :
         {"root/.cache/pip", "root/.cache/pip/http/x", "root/.cache/uv", "var/lib/apt/lists/x",
          "var/cache/apt/archives/x.deb", "var/log/dpkg.log", "etc/machine-id", "etc/ssh/ssh_host_rsa_key"})
        CHECK(std::string(path) + (leaving_of(path) == Leaving::scrubbed ? "" : "!") == path);
    for (const char* path : {"tmp/x", "var/tmp/x", "run/x", "dev/x", "etc/resolv.conf", "etc/hostname"})
        CHECK(std::string(path) + (leaving_of(path) == Leaving::told ? "" : "!") == path);
}

TEST_CASE("what is left out is told with its size, the largest first") {
    const Upper upper;
    upper.file("tmp/a", "12");
    upper.file("var/tmp/deep/down/model", std::string(2'000'000, 'm'));
    upper.file("root/.cache/pip/x", "quiet");
    fs::create_directories(upper.path() / "run/lock");
    LeftOut left_out(upper.path());
    for (const char* path : {"tmp/a", "var/tmp/deep", "root/.cache/pip", "run/lock"}) CHECK(left_out.skip(path));
    CHECK_FALSE(left_out.skip("opt/x"));
    const std::string told = left_out.to_string();
    CHECK(told.ends_with(": /var/tmp/deep (2.0 MB), /tmp/a (2 B)"));
    CHECK(told.find("pip") == std::string::npos);
    CHECK(LeftOut(upper.path()).to_string().empty());
}

TEST_CASE("many things that are left out are counted") {
    const Upper upper;
    LeftOut left_out(upper.path());
    for (int i = 0; i < 9; ++i) {
        const std::string name = "tmp/" + std::to_string(i);
        upper.file(name, "abc");
        left_out.skip(name);
    }
    CHECK(left_out.to_string().ends_with("4 more (12 B)"));
}

TEST_CASE("a command may write where files may go, and nowhere else") {
    const Upper upper;
    const auto refuse = [&] { return refuse_reserved_places(upper.path(), upper.path()); };
    upper.file("opt/x");
    fs::create_directories(upper.path() / "workspace/models");
    CHECK(refuse());
    upper.file("workspace/models/a.bin");
    const auto refused = refuse();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message ==
          "the command wrote /workspace/models/a.bin: nothing of a template goes into /workspace");
    CHECK(refused.error().hint.find("volume") != std::string::npos);
    fs::remove_all(upper.path() / "workspace");
    upper.file("opt/tmplbuild/pod.json");
    CHECK_FALSE(refuse());
    fs::remove_all(upper.path() / "opt/tmplbuild");
    fs::create_directories(upper.path() / "opt/tmplbuild");
    CHECK(refuse());
    ::mkfifo((upper.path() / "opt/tmplbuild/pipe").c_str(), 0600);
    CHECK_FALSE(refuse());
}

TEST_CASE("a reserved place is looked for where the image's own links lead, and never on this machine") {
    const Upper upper;
    const auto refuse = [&] { return refuse_reserved_places(upper.path(), upper.path()); };
    const auto here = sys::TempDirectory::make(fs::temp_directory_path(), "leavings-host-").value();
    fs::create_directories(here.path() / "tmplbuild");
    REQUIRE(sys::write_file_atomic(here.path() / "tmplbuild/file", "of this machine"));
    fs::create_directory_symlink(here.path(), upper.path() / "opt");
    CHECK(refuse());  // the link leads nowhere inside
    fs::remove(upper.path() / "opt");
    // mv /opt /data && ln -s /data /opt
    upper.file("data/tmplbuild/pod.json");
    fs::create_directory_symlink("/data", upper.path() / "opt");
    const auto refused = refuse();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message ==
          "the command wrote /data/tmplbuild/pod.json: nothing of a template goes into /opt/tmplbuild");
}
