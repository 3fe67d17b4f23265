// SPDX-License-Identifier: Apache-2.0
// Manifests and blobs: what is checked, and how a cut blob goes on.
#include "registry/pull.hpp"

#include "fake_registry.hpp"
#include "oci/documents.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace {

struct Pulled {
    FakeRegistry fake{};
    std::string got{};

    Result<void> blob(const std::string& content, std::uint64_t size) {
        const Client client = fake.client();
        Session session(client, Reference::parse("ghcr.io/me/x").value(), Access::pull);
        const auto sink = [this](std::string_view data) -> Result<void> {
            got += data;
            return {};
        };
        return fetch_blob(session, Sha256::of(content), size, sink, {});
    }
    Result<Document> manifest(const std::string& identifier) {
        const Client client = fake.client();
        Session session(client, Reference::parse("ghcr.io/me/x").value(), Access::pull);
        return fetch_manifest(session, identifier, {});
    }
};

io::HttpResponse answer_of(int status, std::string body, std::map<std::string, std::string> headers = {}) {
    return {.status = status, .headers = std::move(headers), .body = std::move(body), .final_url = {}};
}

const std::string content = "0123456789abcdef";

}  // namespace

TEST_CASE("a manifest comes with its type and its digest, by tag and by digest") {
    Pulled pulled;
    pulled.fake.answer = [](const io::HttpRequest& request, const std::string&) {
        CHECK(request.limit == oci::document_limit);
        CHECK(request.open_headers.at("Accept").find(oci::index_type) != std::string::npos);
        CHECK(request.open_headers.at("Accept").find(oci::docker_manifest_type) != std::string::npos);
        return answer_of(200, "{}", {{"content-type", "application/vnd.oci.image.manifest.v1+json; charset=utf-8"}});
    };
    const auto document = pulled.manifest("1.2");
    REQUIRE(document);
    CHECK(document->text == "{}");
    CHECK(document->media_type == oci::manifest_type);
    CHECK(document->digest == Sha256::of("{}"));
    CHECK(pulled.fake.seen[0].url == "https://ghcr.io/v2/me/x/manifests/1.2");
    CHECK(pulled.manifest(Sha256::of("{}").to_string()));
}

TEST_CASE("a manifest of another digest than asked for or told is refused") {
    Pulled pulled;
    pulled.fake.answer = [](const io::HttpRequest&, const std::string&) { return answer_of(200, "{}"); };
    const auto other = pulled.manifest(Sha256::of("[]").to_string());
    REQUIRE_FALSE(other);
    CHECK(other.error().message.find("another one was asked for") != std::string::npos);
    pulled.fake.answer = [](const io::HttpRequest&, const std::string&) {
        return answer_of(200, "{}", {{"docker-content-digest", Sha256::of("[]").to_string()}});
    };
    CHECK_FALSE(pulled.manifest("1.2"));
    pulled.fake.answer = [](const io::HttpRequest&, const std::string&) {
        return answer_of(404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})");
    };
    const auto missing = pulled.manifest("1.2");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message ==
          "'ghcr.io/me/x:1.2' cannot be read: the registry says HTTP status 404, MANIFEST_UNKNOWN: manifest unknown");
    CHECK(missing.error().hint == "the repository has no such tag or digest");
}

TEST_CASE("a blob is looked for without reading it") {
    Pulled pulled;
    pulled.fake.answer = [](const io::HttpRequest& request, const std::string&) {
        CHECK(request.method == io::HttpMethod::head);
        return answer_of(200, "", {{"content-length", "17"}});
    };
    const Client client = pulled.fake.client();
    Session session(client, Reference::parse("ghcr.io/me/x").value(), Access::pull);
    CHECK(find_blob(session, Sha256::of("x"), 20, {}).value() == 17);
    pulled.fake.answer = [](const io::HttpRequest&, const std::string&) { return answer_of(200, ""); };
    CHECK(find_blob(session, Sha256::of("x"), 20, {}).value() == 20);
    pulled.fake.answer = [](const io::HttpRequest&, const std::string&) {
        return answer_of(200, "", {{"content-length", "x"}});
    };
    CHECK_FALSE(find_blob(session, Sha256::of("x"), 20, {}));
    pulled.fake.answer = [](const io::HttpRequest&, const std::string&) { return answer_of(404, ""); };
    CHECK(find_blob(session, Sha256::of("x"), 20, {}).value() == std::nullopt);
    pulled.fake.answer = [](const io::HttpRequest&, const std::string&) { return answer_of(500, ""); };
    CHECK_FALSE(find_blob(session, Sha256::of("x"), 20, {}));
}

TEST_CASE("a blob is whole and has its digest, or is an error") {
    struct Row {
        std::string sent, digest_of;
        std::uint64_t size;
        const char* says;
    };
    const Row rows[] = {
        {content, content, content.size(), nullptr},
        {"", "", 0, nullptr},
        {content, content + "x", content.size(), "does not have its digest"},
        {content, content, content.size() + 1, "has 16 bytes, and should have 17"},
        {content, content, content.size() - 1, "is longer than 15 bytes"},
        {content, content, 0, "is longer than 0 bytes"},
    };
    for (const Row& row : rows) {
        Pulled pulled;
        pulled.fake.answer = [&](const io::HttpRequest&, const std::string&) { return answer_of(200, row.sent); };
        const auto done = pulled.blob(row.digest_of, row.size);
        INFO((done ? "whole" : done.error().to_string()));
        CHECK(done.has_value() == (row.says == nullptr));
        if (row.says != nullptr && !done) CHECK(done.error().message.find(row.says) != std::string::npos);
        CHECK(pulled.got.size() <= row.size);
        CHECK(pulled.fake.seen.size() == 1);
    }
}

TEST_CASE("a cut blob goes on where it was, with a new token and with servers that know no ranges") {
    for (const bool knows_ranges : {true, false}) {
        Pulled pulled;
        int part = 0;
        pulled.fake.token_reply = R"({"token":"t1"})";
        pulled.fake.answer = [&](const io::HttpRequest& request, const std::string& authorization) {
            if (authorization != "Bearer t" + std::to_string(1 + (part >= 2))) {
                pulled.fake.token_reply = R"({"token":"t)" + std::to_string(1 + (part >= 2)) + R"("})";
                return pulled.fake.unauthorized();
            }
            ++part;
            const std::size_t begin = request.first_byte, end = std::min<std::size_t>(begin + 5, content.size());
            const std::map<std::string, std::string> cut = {{"x-then-cut", "1"}};
            const auto headers = end < content.size() ? cut : std::map<std::string, std::string>();
            if (knows_ranges) return answer_of(begin == 0 ? 200 : 206, content.substr(begin, end - begin), headers);
            return answer_of(200, content.substr(0, end), headers);
        };
        const auto done = pulled.blob(content, content.size());
        INFO((done ? "whole" : done.error().to_string()));
        CHECK(done.has_value());
        CHECK(pulled.got == content);
        CHECK(pulled.fake.tokens == 2);
    }
}

TEST_CASE("a blob whose bytes all came is whole, however its connection ended") {
    Pulled pulled;
    pulled.fake.answer = [&](const io::HttpRequest&, const std::string&) {
        return answer_of(200, content, {{"x-then-cut", "1"}});
    };
    CHECK(pulled.blob(content, content.size()).has_value());
    CHECK(pulled.got == content);
    CHECK(pulled.fake.seen.size() == 1);
    pulled.got.clear();
    const auto other = pulled.blob(content + "x", content.size());
    REQUIRE_FALSE(other);
    CHECK(other.error().message.find("does not have its digest") != std::string::npos);
}

TEST_CASE("a blob that is cut again and again is given up") {
    Pulled pulled;
    pulled.fake.answer = [&](const io::HttpRequest& request, const std::string&) {
        return answer_of(request.first_byte == 0 ? 200 : 206, content.substr(request.first_byte, 1),
                         {{"x-then-cut", "1"}});
    };
    const auto ended = pulled.blob(content, content.size());
    REQUIRE_FALSE(ended);
    CHECK(ended.error().message == "the connection was cut");
    CHECK(pulled.fake.seen.size() == 5);
    pulled.fake.seen.clear();
    pulled.got.clear();
    pulled.fake.answer = [&](const io::HttpRequest& request, const std::string&) {
        return request.first_byte == 0 ? answer_of(200, content.substr(0, 4), {{"x-then-cut", "1"}})
                                       : answer_of(404, R"({"errors":[{"code":"BLOB_UNKNOWN"}]})");
    };
    const auto gone = pulled.blob(content, content.size());
    REQUIRE_FALSE(gone);
    CHECK(gone.error().message.find("BLOB_UNKNOWN") != std::string::npos);
}

TEST_CASE("an error of who takes the bytes ends the blob at once") {
    FakeRegistry fake;
    fake.answer = [](const io::HttpRequest&, const std::string&) {
        return answer_of(200, content, {{"x-then-cut", "1"}});
    };
    const Client client = fake.client();
    Session session(client, Reference::parse("ghcr.io/me/x").value(), Access::pull);
    int pieces = 0;
    const auto full = [&pieces](std::string_view) { return pieces++ == 0 ? Result<void>() : network_error("enough"); };
    const auto ended = fetch_blob(session, Sha256::of(content), content.size(), full, {});
    REQUIRE_FALSE(ended);
    CHECK(ended.error().message == "enough");
    CHECK(fake.seen.size() == 1);
}
