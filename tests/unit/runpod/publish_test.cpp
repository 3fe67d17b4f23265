// SPDX-License-Identifier: Apache-2.0
// Publishing against an API that a test plays: what is asked, what is sent, and that no failure makes a second
// template.
#include "runpod/publish.hpp"
#include "image.hpp"
#include "support/fake_http.hpp"

namespace tmplbuild::runpod {
namespace {

using Done = Published::Done;

// The account's templates; it takes a POST and a PATCH, and may lose the answer.
struct Account {
    std::vector<json::object> templates{};
    int status = 0;             // answered to every change; 0: it is done
    std::string problem{};      // the body with that status
    bool loses_answer = false;  // of the next POST, which is done
    std::size_t page = 100;     // templates on a page
    std::vector<std::string> seen{};

    Result<io::HttpResponse> answer(const io::HttpRequest& request) {
        seen.push_back(std::string(to_string(request.method)) + " " + request.url.substr(request.url.find("/v2")));
        CHECK(request.headers.at("Authorization") == "Bearer key1");
        CHECK(request.open_headers.empty());
        if (request.method == io::HttpMethod::get) return list(request.url);
        if (status != 0) return io::HttpResponse{status, {}, problem, request.url, {}};
        std::string text(request.body->size, '\0');
        (void)request.body->read(0, std::as_writable_bytes(std::span(text)));
        json::object body = json::parse(text, "the request").value().as_object();
        if (request.method == io::HttpMethod::post) {
            CHECK(request.caller_goes_on);  // it is not sent again by itself
            body["id"] = "t" + std::to_string(templates.size() + 1);
            templates.push_back(body);
            if (std::exchange(loses_answer, false)) return network_error("the connection was cut");
            return ok(templates.back(), 201);
        }
        for (json::object& one : templates)
            if (request.url.ends_with("/" + std::string(one.at("id").as_string()))) {
                for (const auto& [name, value] : body) one[name] = value;
                return ok(one, 200);
            }
        return io::HttpResponse{404, {}, R"({"title":"Not Found","status":404,"detail":"resource not found"})", "", {}};
    }

    Result<io::HttpResponse> list(const std::string& url) const {
        const std::size_t at = url.find("cursor=");
        const std::size_t from = at == std::string::npos ? 0 : std::stoul(url.substr(at + 7));
        json::object out{{"templates", json::array{}}};
        for (std::size_t i = from; i < templates.size() && i < from + page; ++i)
            out["templates"].as_array().push_back(templates[i]);
        if (from + page < templates.size()) out["nextCursor"] = std::to_string(from + page);
        return ok(out, 200);
    }
    static io::HttpResponse ok(const json::object& body, int status) {
        return {status, {}, json::compact(body), "https://api.runpod.io/", {}};
    }
};

struct World {
    Account account{};
    FakeHttp http{};
    World() {
        http.answer_by = [this](const io::HttpRequest& request) { return std::optional(account.answer(request)); };
    }
    Result<Published> run(const PodTemplate& wanted, const std::string& id = {}) {
        account.seen.clear();
        return publish(Api(http, api_address, "key1"), wanted, id, {});
    }
};

json::object other(const std::string& id, const std::string& name) { return {{"id", id}, {"name", name}}; }

}  // namespace

TEST_CASE("a template is made once, then left alone, then changed where it differs") {
    World world;
    PodTemplate wanted = template_of(good_image());
    auto done = world.run(wanted).value();
    CHECK(done.done == Done::made);
    CHECK(done.id == "t1");
    done = world.run(wanted).value();
    CHECK(done.done == Done::nothing);
    CHECK(world.account.seen == std::vector<std::string>{"GET /v2/templates"});
    wanted.disk_gb = 60;
    wanted.environment["A"] = "b";
    done = world.run(wanted).value();
    CHECK(done.done == Done::changed);
    CHECK(done.id == "t1");
    CHECK(done.fields == std::vector<std::string>{"disk", "env"});
    CHECK(world.account.templates.size() == 1);
    CHECK(world.run(wanted).value().done == Done::nothing);
}

TEST_CASE("a template behind the first page is found") {
    World world;
    world.account.page = 2;
    for (int n = 0; n < 5; ++n)
        world.account.templates.push_back(other("o" + std::to_string(n), "n" + std::to_string(n)));
    PodTemplate wanted = template_of(good_image());
    json::object there = wanted.to_json();
    there["id"] = "mine";
    world.account.templates.push_back(there);
    CHECK(world.run(wanted).value().id == "mine");
    CHECK(world.account.seen.size() == 3);
}

TEST_CASE("a list whose pages turn in a circle ends in an error") {
    World world;
    world.http.answer_by = [](const io::HttpRequest&) {
        return std::optional(
            Result<io::HttpResponse>(Account::ok({{"templates", json::array{}}, {"nextCursor", "again"}}, 200)));
    };
    const auto done = world.run(template_of(good_image()));
    REQUIRE_FALSE(done);
    CHECK(done.error().message == "RunPod's list of templates does not end");
}

TEST_CASE("a lost answer makes no second template") {
    World world;
    world.account.loses_answer = true;
    const PodTemplate wanted = template_of(good_image());
    const auto done = world.run(wanted).value();
    CHECK(done.done == Done::made);
    CHECK(done.id == "t1");
    CHECK(world.account.seen ==
          std::vector<std::string>{"GET /v2/templates", "POST /v2/templates", "GET /v2/templates"});
    CHECK(world.run(wanted).value().done == Done::nothing);
    CHECK(world.account.templates.size() == 1);
}

TEST_CASE("a failed change is an error, and the next run goes on") {
    World world;
    world.account.status = 502;
    const PodTemplate wanted = template_of(good_image());
    const auto failed = world.run(wanted);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::network);
    world.account.status = 0;
    CHECK(world.run(wanted).value().done == Done::made);
}

TEST_CASE("errors say what is missing before what is called not allowed") {
    World world;
    world.account.status = 422;
    world.account.problem = R"({"title":"Unprocessable Entity","status":422,"detail":"Request validation failed.",)"
                            R"("errors":["property disk is not allowed","property name is required"]})";
    const auto failed = world.run(template_of(good_image()));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message == "RunPod answered HTTP status 422: Request validation failed.");
    CHECK(failed.error().detail == "property name is required\nproperty disk is not allowed");
}

TEST_CASE("each refusal says what to do, and none shows the key") {
    for (const int status : {400, 401, 403, 404, 409, 422, 429, 500}) {
        World world;
        world.account.status = status;
        world.account.problem = R"({"title":"x","status":1,"detail":"words\u001b[31m"})";
        const auto failed = world.run(template_of(good_image()));
        REQUIRE_FALSE(failed);
        CHECK_FALSE(failed.error().hint.empty());
        CHECK(failed.error().to_string().find("key1") == std::string::npos);
        CHECK(failed.error().to_string().find('\x1b') == std::string::npos);
    }
}

TEST_CASE("two templates of one name are told apart by their id alone") {
    World world;
    world.account.templates = {other("a", "comfyui"), other("b", "comfyui")};
    const PodTemplate wanted = template_of(good_image());
    const auto failed = world.run(wanted);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::usage);
    CHECK(failed.error().hint.find("id = \"a\"") != std::string::npos);
    CHECK(world.run(wanted, "b").value().id == "b");
    CHECK(world.account.templates[0].size() == 2);  // the other one is untouched
    CHECK_FALSE(world.run(wanted, "c"));
}

TEST_CASE("a template keeps its id when it gets another name") {
    World world;
    world.account.templates = {other("a", "old")};
    PodTemplate wanted = template_of(good_image());
    const auto done = world.run(wanted, "a").value();
    CHECK(done.id == "a");
    CHECK(std::find(done.fields.begin(), done.fields.end(), "name") != done.fields.end());
    CHECK(world.account.templates.size() == 1);
}

TEST_CASE("a volume that RunPod would keep is not said to be gone") {
    World world;
    PodTemplate wanted = template_of(good_image());
    wanted.volume_gb = 50;
    REQUIRE(world.run(wanted));
    wanted.volume_gb = 0;
    const auto failed = world.run(wanted);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::usage);
}

TEST_CASE("what an answer leaves out or has as null is the API's default") {
    World world;
    PodTemplate wanted = template_of(good_image());
    wanted.cuda_versions.clear();
    json::object there = wanted.to_json();
    there["id"] = "a";
    there["allowedCudaVersions"] = nullptr;
    there.erase("serverless");
    there.erase("args");
    world.account.templates = {there};
    CHECK(world.run(wanted).value().done == Done::nothing);
    world.account.templates[0].erase("startSsh");  // true where it is not said
    wanted.start_ssh = false;
    CHECK(world.run(wanted).value().fields == std::vector<std::string>{"startSsh"});
}

}  // namespace tmplbuild::runpod
