// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.hpp"

#include <map>

#include "base/base64.hpp"
#include "fake_helper.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;
namespace fs = std::filesystem;

namespace {

std::string auth(const std::string& user_and_password) { return R"({"auth":")" + base64(user_and_password) + R"("})"; }

struct Machine {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "credentials-").value();
    std::map<std::string, std::string> variables{};
    FakeHelper helper{};

    void write(const std::string& file, const std::string& text) {
        fs::create_directories((folder.path() / file).parent_path());
        REQUIRE(sys::write_file_atomic(folder.path() / file, text));
    }
    Result<Credentials> read() {
        return Credentials::from([this](const std::string& name) {
            const auto at = variables.find(name);
            return at == variables.end() ? "" : at->second;
        });
    }
    std::optional<Credential> find(const std::string& image) {
        const auto all = read();
        REQUIRE(all);
        auto found = all->find(Reference::parse(image).value(), helper, {});
        REQUIRE(found);
        return *found;
    }
};

io::ProcessResult ended(int code, const std::string& out) {
    io::ProcessResult result;
    result.exit_code = code;
    result.out = out;
    return result;
}

std::string user_of(const std::optional<Credential>& found) { return found ? found->user : "nobody"; }

}  // namespace

TEST_CASE("a login is found by the registry's host, and by nothing that only looks like it") {
    Machine machine;
    machine.variables["DOCKER_AUTH_CONFIG"] =
        R"({"auths":{"ghcr.io":)" + auth("cat:m:eow") + R"(,"https://quay.io/v2/":)" + auth("q:1") +
        R"(,"https://index.docker.io/v1/":)" + auth("hub:1") + R"(,"azurecr.io":)" + auth("bad:1") +
        R"(,"127.0.0.1:5000":)" + auth("l:1") + R"(}})";
    const auto cat = machine.find("ghcr.io/me/image");
    REQUIRE(cat);
    CHECK(cat->user == "cat");
    CHECK(cat->password == "m:eow");
    CHECK(cat->source == "DOCKER_AUTH_CONFIG");
    CHECK(user_of(machine.find("GHCR.IO/me/image")) == "cat");
    CHECK(user_of(machine.find("quay.io/me/image")) == "q");
    CHECK(user_of(machine.find("debian:12")) == "hub");
    CHECK(user_of(machine.find("127.0.0.1:5000/x")) == "l");
    for (const char* other : {"my.azurecr.io/x", "evil-azurecr.io/x", "ghcr.io.evil.org/x", "127.0.0.1:5001/x",
                              "127.0.0.1/x", "my.io/x", "ghcr.io:443/x"}) {
        INFO(other);
        CHECK(user_of(machine.find(other)) == "nobody");
    }
}

TEST_CASE("a login of a part of a registry counts there alone, the longest first") {
    Machine machine;
    machine.variables["DOCKER_AUTH_CONFIG"] =
        R"({"auths":{"quay.io/me/deep":)" + auth("deep:1") + R"(,"quay.io/me":)" + auth("me:1") + R"(}})";
    CHECK(user_of(machine.find("quay.io/me/image")) == "me");
    CHECK(user_of(machine.find("quay.io/me/deep/image")) == "deep");
    CHECK(user_of(machine.find("quay.io/me/deep")) == "deep");
    CHECK(user_of(machine.find("quay.io/me2/image")) == "nobody");
    CHECK(user_of(machine.find("quay.io/other/image")) == "nobody");
}

TEST_CASE("the places are looked at in their order") {
    Machine machine;
    const std::string root = machine.folder.path();
    machine.variables = {{"HOME", root + "/home"}};
    CHECK(user_of(machine.find("ghcr.io/x")) == "nobody");
    const auto one = [](const std::string& user) { return R"({"auths":{"ghcr.io":)" + auth(user + ":1") + "}}"; };
    machine.write("home/.docker/config.json", one("docker"));
    CHECK(user_of(machine.find("ghcr.io/x")) == "docker");
    machine.write("home/.config/containers/auth.json", one("containers"));
    CHECK(user_of(machine.find("ghcr.io/x")) == "containers");
    machine.variables["XDG_CONFIG_HOME"] = root + "/settings";
    CHECK(user_of(machine.find("ghcr.io/x")) == "docker");
    machine.write("run/containers/auth.json", one("runtime"));
    machine.variables["XDG_RUNTIME_DIR"] = root + "/run";
    CHECK(user_of(machine.find("ghcr.io/x")) == "runtime");
    machine.write("own/config.json", one("own"));
    machine.variables["DOCKER_CONFIG"] = root + "/own";
    CHECK(user_of(machine.find("ghcr.io/x")) == "own");
    machine.write("only.json", R"({"auths":{}})");
    machine.variables["REGISTRY_AUTH_FILE"] = root + "/only.json";
    CHECK(user_of(machine.find("ghcr.io/x")) == "nobody");
    machine.variables["DOCKER_AUTH_CONFIG"] = one("first");
    CHECK(user_of(machine.find("ghcr.io/x")) == "first");
}

TEST_CASE("other forms of a login are read, and an empty entry is none") {
    Machine machine;
    machine.variables["DOCKER_AUTH_CONFIG"] =
        R"({"auths":{"a.io":{"username":"u","password":"p"},"b.io":{"identitytoken":"it"},"c.io":{"registrytoken":"rt"},
            "d.io":{},"e.io":{"auth":""},"f.io":)" +
        auth(std::string("padded:pass\0\0", 13)) + "}}";
    CHECK(machine.find("a.io/x")->password == "p");
    CHECK(machine.find("b.io/x")->identity_token == "it");
    CHECK(machine.find("c.io/x")->registry_token == "rt");
    CHECK_FALSE(machine.find("d.io/x"));
    CHECK_FALSE(machine.find("e.io/x"));
    CHECK(machine.find("f.io/x")->password == "pass");
}

TEST_CASE("a file of logins that cannot be read is an error that does not show it") {
    Machine machine;
    machine.variables["REGISTRY_AUTH_FILE"] = machine.folder.path() / "none.json";
    const auto missing = machine.read();
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == ErrorKind::machine);
    for (const char* text : {R"({"auths": hunter2)", R"("hunter2")", R"({"auths":{"ghcr.io":{"auth":"hunter2!"}}})"}) {
        INFO(text);
        machine.write("broken.json", text);
        machine.variables["REGISTRY_AUTH_FILE"] = machine.folder.path() / "broken.json";
        const auto all = machine.read();
        const Error error =
            all ? all->find(Reference::parse("ghcr.io/x").value(), machine.helper, {}).error() : all.error();
        CHECK(error.kind == ErrorKind::machine);
        CHECK(error.to_string().find("broken.json") != std::string::npos);
        CHECK(error.to_string().find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a helper is asked by its protocol") {
    Machine machine;
    machine.variables["DOCKER_AUTH_CONFIG"] =
        R"({"credHelpers":{"ghcr.io":"one"},"credsStore":"all","auths":{"quay.io":)" + auth("file:1") + "}}";
    machine.helper.answer.out = R"({"ServerURL":"x","Username":"u","Secret":"hunter2"})";
    const auto found = machine.find("ghcr.io/me/x");
    CHECK(found->user == "u");
    CHECK(found->password == "hunter2");
    CHECK(found->source == "docker-credential-one");
    REQUIRE(machine.helper.asked.size() == 1);
    CHECK(machine.helper.asked[0].argv == std::vector<std::string>{"docker-credential-one", "get"});
    CHECK(machine.helper.asked[0].stdin_text == "ghcr.io\n");
    CHECK(machine.helper.asked[0].timeout == std::chrono::seconds(60));
    CHECK(machine.helper.asked[0].keep_tail == 0);
    CHECK(user_of(machine.find("quay.io/x")) == "file");
    CHECK(user_of(machine.find("debian")) == "u");
    CHECK(machine.helper.asked.back().argv[0] == "docker-credential-all");
    CHECK(machine.helper.asked.back().stdin_text == "https://index.docker.io/v1/\n");
    machine.helper.answer.out = R"({"Username":"<token>","Secret":"it"})";
    CHECK(machine.find("ghcr.io/x")->identity_token == "it");
    machine.helper.answer = ended(1, "credentials not found in native keychain\n");
    CHECK_FALSE(machine.find("ghcr.io/x"));
}

TEST_CASE("a helper that prints without an end is ended") {
    class Endless : public io::ProcessRunner {
      public:
        Result<io::ProcessResult> run(const io::Command& command, std::stop_token stop) override {
            for (lines = 0; !stop.stop_requested() && lines < 1'000'000; ++lines) command.on_line("hunter2");
            return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        }
        int lines = 0;
    } helper;
    Machine machine;
    machine.variables["DOCKER_AUTH_CONFIG"] = R"({"credsStore":"all"})";
    const auto found = machine.read().value().find(Reference::parse("ghcr.io/x").value(), helper, {});
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find("said too much") != std::string::npos);
    CHECK(helper.lines < 100'000);
}

TEST_CASE("nothing that a failing helper prints is shown") {
    Machine machine;
    machine.variables["DOCKER_AUTH_CONFIG"] = R"({"credsStore":"all"})";
    std::vector<io::ProcessResult> answers = {
        ended(1, "hunter2"),
        ended(0, "hunter2"),
        ended(0, R"(["hunter2"])"),
        ended(0, R"({"Username":"hunter2"})"),
        ended(0, R"({"Secret":"hunter2","x":")" + std::string(300 << 10, 'x') + "\"}"),
        ended(137, "hunter2"),
    };
    answers.front().tail = {"hunter2"};
    answers.back().timed_out = true;
    for (const auto& answer : answers) {
        machine.helper.answer = answer;
        const auto found = machine.read().value().find(Reference::parse("ghcr.io/x").value(), machine.helper, {});
        REQUIRE_FALSE(found);
        CHECK(found.error().kind == ErrorKind::machine);
        CHECK(found.error().to_string().find("docker-credential-all") != std::string::npos);
        CHECK(found.error().to_string().find("hunter2") == std::string::npos);
    }
    machine.helper.asked.clear();
    for (const char* name : {"../evil", "a/b", "", "a b"}) {
        machine.variables["DOCKER_AUTH_CONFIG"] = std::string(R"({"credHelpers":{"ghcr.io":")") + name + R"("}})";
        CHECK_FALSE(machine.read().value().find(Reference::parse("ghcr.io/x").value(), machine.helper, {}));
    }
    CHECK(machine.helper.asked.empty());
}
