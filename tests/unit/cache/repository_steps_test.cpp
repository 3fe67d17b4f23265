// SPDX-License-Identifier: Apache-2.0
// What a repository says that it holds, and the removal of a step there.
#include "cache/repository_steps.hpp"

#include "cached_step.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::cache;

namespace {

struct Repository {
    FakeRegistry fake{};
    std::map<std::string, std::string> manifests{};  // by tag or digest
    std::vector<std::string> asked{};
    int remove_status = 202;
    std::size_t page = 1000;
    bool is_endless = false;
    std::vector<std::string> order{};  // of the tags in its lists; none: by their names

    Repository() {
        fake.answer = [this](const io::HttpRequest& request, const std::string&) {
            const std::string what = request.url.substr(request.url.find("/me/cache/") + 10);
            asked.push_back(std::string(to_string(request.method)) + " " + what);
            const auto say = [](int status, std::string body) {
                return io::HttpResponse{.status = status,
                                        .headers = {{"content-type", oci::manifest_type}},
                                        .body = std::move(body),
                                        .final_url = {}};
            };
            if (request.method == io::HttpMethod::remove) return say(remove_status, "{}");
            if (what.starts_with("tags/list")) return say(200, tags_after(what));
            const auto at = manifests.find(what.substr(what.rfind('/') + 1));
            return at == manifests.end() ? say(404, "{}") : say(200, at->second);
        };
    }
    std::string tags_after(const std::string& what) const {
        const auto at = what.find("&last=");
        const std::string last = at == std::string::npos ? "" : what.substr(at + 6);
        json::array tags;
        if (!order.empty()) {
            const auto found = std::find(order.begin(), order.end(), last);
            for (auto next = found == order.end() ? order.begin() : found + 1; next != order.end(); ++next)
                if (tags.size() < page) tags.emplace_back(*next);
            return json::canonical(json::object{{"tags", tags}});
        }
        for (const auto& [tag, text] : manifests)
            if ((is_endless || tag > last) && tags.size() < page) tags.emplace_back(tag);
        return json::canonical(json::object{{"tags", tags}});
    }
    void add(const std::string& step, const std::map<std::string, std::string>& notes) {
        manifests[tag_of(key_of(step).digest())] = manifest_text(document_of(step), notes);
    }
    Result<std::vector<RepositoryStep>> list() {
        const registry::Client client = fake.client();
        registry::Session session(client, Reference::parse("ghcr.io/me/cache").value(), registry::Access::pull);
        return repository_steps(session, {});
    }
    Result<void> remove(const RepositoryStep& step) {
        const registry::Client client = fake.client();
        registry::Session session(client, Reference::parse("ghcr.io/me/cache").value(), registry::Access::push);
        return remove_step(session, step, {});
    }
};

}  // namespace

TEST_CASE("steps are listed as their notes say, and images beside them are not") {
    Repository there;
    there.add("a", {{step_note, "kernel:a\x1b[31m"}, {created_note, "2026-11-01T00:00:00Z"}, {version_note, "1"}});
    there.add("b", {{signature_note, "x"}});
    there.manifests["latest"] = "{}";
    there.manifests["step-of-somebody"] = "{}";
    there.manifests[tag_of(Sha256::of("no step"))] = "{}";
    const auto steps = there.list();
    REQUIRE(steps);
    REQUIRE(steps->size() == 3);
    const auto a = std::find_if(steps->begin(), steps->end(),
                                [](const RepositoryStep& step) { return step.created == "2026-11-01T00:00:00Z"; });
    REQUIRE(a != steps->end());
    CHECK(a->step == "kernel:a\\x1b[31m");
    CHECK(a->size > 100);
    CHECK_FALSE(a->is_signed);
    CHECK(a->manifest == Sha256::of(there.manifests[a->tag]));
    CHECK(std::count_if(steps->begin(), steps->end(), [](const RepositoryStep& step) { return step.is_signed; }) == 1);
    CHECK(std::count_if(steps->begin(), steps->end(), [](const RepositoryStep& step) { return step.size == 0; }) == 1);
}

TEST_CASE("a registry that lists tags in the order of their making is read to its end") {
    Repository there;
    there.page = 2;
    for (const char* step : {"a", "b", "c", "d", "e"}) there.add(step, {});
    for (const auto& [tag, text] : there.manifests) there.order.insert(there.order.begin(), tag);
    CHECK(there.list().value().size() == 5);
}

TEST_CASE("a repository that does not exist holds nothing, and one that repeats itself ends") {
    Repository there;
    there.fake.answer = [](const io::HttpRequest&, const std::string&) {
        return io::HttpResponse{.status = 404, .headers = {}, .body = "{}", .final_url = {}};
    };
    CHECK(there.list().value().empty());
    Repository endless;
    for (int i = 0; i < 1000; ++i) endless.manifests["t" + std::to_string(i)] = "{}";
    endless.is_endless = true;
    CHECK(endless.list().value().empty());
    CHECK(endless.asked.size() == 2);
}

TEST_CASE("a step is removed by its digest, and a registry that removes nothing is told in words") {
    Repository there;
    RepositoryStep step{};
    step.tag = tag_of(Sha256::of("x"));
    step.manifest = Sha256::of("manifest");
    CHECK(there.remove(step));
    CHECK(there.asked.back() == "DELETE manifests/" + step.manifest.to_string());
    there.remove_status = 404;
    CHECK(there.remove(step));
    for (const int status : {400, 405}) {
        there.remove_status = status;
        const auto refused = there.remove(step);
        REQUIRE(!refused);
        CHECK(refused.error().hint.find("does not let its clients remove anything") != std::string::npos);
    }
}
