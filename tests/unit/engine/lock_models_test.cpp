// SPDX-License-Identifier: Apache-2.0
// What a catalogue's lock asks the hub, what it takes from the answers, and what it says where there is none.
#include "engine/models/lock_models.hpp"

#include "base/json.hpp"
#include "support/catch.hpp"
#include "support/fake_http.hpp"

namespace tmplbuild {
namespace {

const std::string commit(40, 'c'), digest(64, 'd');
const std::string hub = "https://hub.example";

io::HttpResponse answer(int status, const json::value& body, std::map<std::string, std::string> headers = {}) {
    io::HttpResponse out;
    out.status = status;
    out.body = json::compact(body);
    out.headers = std::move(headers);
    return out;
}

catalogue::Entry entry(const std::string& id, const std::string& url) {
    return {.id = id, .name = id + ".safetensors", .urls = {url}, .directory = "vae"};
}

// A repository o/r with one large file, v/a.safetensors.
void serve_repository(FakeHttp& http) {
    http.answers["GET " + hub + "/api/models/o/r/revision/main"] = answer(200, json::object{{"sha", commit}});
    http.answers["POST " + hub + "/api/models/o/r/paths-info/" + commit] =
        answer(200, json::array{json::object{{"type", "file"},
                                             {"path", "v/a.safetensors"},
                                             {"size", 123456},
                                             {"lfs", json::object{{"oid", digest}, {"size", 123456}}}}});
}

}  // namespace

TEST_CASE("a lock of models takes commit, size and digest from the hub, one question for each repository") {
    FakeHttp http;
    serve_repository(http);
    SilentProgress progress;
    catalogue::Catalogue wanted{.sets = {{"s",
                                          "",
                                          {entry("a", "https://huggingface.co/o/r/resolve/main/v/a.safetensors"),
                                           entry("b", "https://huggingface.co/o/r/resolve/main/v/b.safetensors"),
                                           entry("c", "https://civitai.com/api/download/models/1"),
                                           entry("d", "https://example.org/d.safetensors")}}}};
    const auto before = wanted;
    const auto errors = lock_models(wanted, {hub, "secret"}, http, progress, {});
    CHECK(wanted.find("a")->commit == commit);
    CHECK(wanted.find("a")->sha256 == digest);
    CHECK(wanted.find("a")->size == 123456u);
    for (const char* id : {"b", "c", "d"}) CHECK(*wanted.find(id) == *before.find(id));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].to_string().find("'v/b.safetensors'") != std::string::npos);
    CHECK(errors[0].to_string().find("'b'") != std::string::npos);
    CHECK(errors[0].kind == ErrorKind::network);
    CHECK(http.asked().size() == 2);
}

TEST_CASE("a model that changed under a digest of the catalogue is named, and stays") {
    FakeHttp http;
    serve_repository(http);
    SilentProgress progress;
    catalogue::Catalogue wanted{
        .sets = {{"s", "", {entry("a", "https://huggingface.co/o/r/resolve/main/v/a.safetensors")}}}};
    wanted.sets[0].entries[0].sha256 = std::string(64, 'e');
    const auto errors = lock_models(wanted, {hub, ""}, http, progress, {});
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].message.find("another file") != std::string::npos);
    CHECK(wanted.find("a")->sha256 == std::string(64, 'e'));
}

TEST_CASE("what the hub refuses is said with what to do") {
    struct Refused {
        int status;
        const char* hint;
    };
    for (const Refused& refused :
         std::vector<Refused>{{401, "HF_TOKEN"}, {403, "licence"}, {404, "revision"}, {429, "HF_TOKEN"}, {500, ""}}) {
        INFO(refused.status);
        FakeHttp http;
        http.answer_by = [&](const io::HttpRequest&) -> std::optional<Result<io::HttpResponse>> {
            return answer(refused.status, nullptr, {{"x-error-message", "told so"}});
        };
        SilentProgress progress;
        catalogue::Catalogue wanted{
            .sets = {{"s", "", {entry("a", "https://huggingface.co/o/r/resolve/main/a.safetensors")}}}};
        const auto errors = lock_models(wanted, {hub, ""}, http, progress, {});
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].message.find("told so") != std::string::npos);
        CHECK(errors[0].hint.find(refused.hint) != std::string::npos);
    }
}

TEST_CASE("the hub's limit is waited for once, and its token goes to its host alone") {
    FakeHttp http;
    serve_repository(http);
    int asked = 0;
    http.answer_by = [&](const io::HttpRequest& request) -> std::optional<Result<io::HttpResponse>> {
        CHECK(request.headers.at("Authorization") == "Bearer secret");
        CHECK(request.open_headers.empty());
        if (++asked == 1) return answer(429, nullptr, {{"ratelimit", "\"api\";r=0;t=1"}});
        return std::nullopt;
    };
    SilentProgress progress;
    catalogue::Catalogue wanted{
        .sets = {{"s", "", {entry("a", "https://huggingface.co/o/r/resolve/main/v/a.safetensors")}}}};
    CHECK(lock_models(wanted, {hub, "secret"}, http, progress, {}).empty());
    CHECK(asked == 3);
    CHECK(wanted.find("a")->size == 123456u);
}

}  // namespace tmplbuild
