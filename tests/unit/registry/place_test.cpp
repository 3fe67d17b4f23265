// SPDX-License-Identifier: Apache-2.0
// A registry as a place of images: what it asks for, and its layers as streams.
#include "registry/place.hpp"

#include <thread>

#include "fake_registry.hpp"
#include "oci/documents.hpp"
#include "registry/blob_stream.hpp"
#include "support/made_image.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace {

// A registry that has one image under each of its digests, and as `top` under the tag.
struct ImageRegistry {
    FakeRegistry fake{};
    MadeImage image{};
    json::object top{};
    std::shared_ptr<const Client> client{};

    explicit ImageRegistry(bool in_index) {
        image.finish();
        top = image.index[0].as_object();
        if (in_index) top = image.nested({top});
        fake.answer = [this](const io::HttpRequest& request, const std::string&) {
            const std::string what = request.url.substr(request.url.rfind('/') + 1);
            const bool is_top = what == "1.2" || what == std::string(top.at("digest").as_string());
            const auto at = image.blobs.find(is_top ? MadeImage::hex(top) : what.substr(7));
            if (at == image.blobs.end()) return answer_with(404, "", "");
            const bool is_manifest = request.url.find("/manifests/") != std::string::npos;
            return answer_with(200, at->second,
                               is_top        ? std::string(top.at("mediaType").as_string())
                               : is_manifest ? MadeImage::manifest_type
                                             : "application/octet-stream");
        };
        client = std::make_shared<Client>(fake.client());
    }
    static io::HttpResponse answer_with(int status, const std::string& body, const std::string& type) {
        return {.status = status, .headers = {{"content-type", type}}, .body = body, .final_url = {}};
    }
    Result<oci::ImageSource> open(const std::string& name) {
        return open_image(oci::ImageName::parse(name).value(), client, {});
    }
    std::vector<std::string> asked() const {
        std::vector<std::string> out;
        for (const io::HttpRequest& request : fake.seen)
            out.push_back(std::string(to_string(request.method)) + request.url.substr(request.url.find("/x/") + 2));
        return out;
    }
};

std::string digest_in(const std::string& text) { return Sha256::of(text).to_string(); }

}  // namespace

TEST_CASE("an image's documents cost two small requests, and no layer") {
    ImageRegistry registry(false);
    const auto image = registry.open("docker://ghcr.io/me/x:1.2");
    REQUIRE(image);
    CHECK(image->has_annotations());
    CHECK(image->layers().size() == 2);
    CHECK(image->digest().to_string() == std::string(registry.top.at("digest").as_string()));
    CHECK(registry.asked() ==
          std::vector<std::string>{"GET/manifests/1.2", "GET/blobs/" + digest_in(registry.image.config())});
    CHECK(image->check_blob(0));  // HEAD without a length, as a proxy may answer it: the layer is there
    CHECK(registry.asked().back() == "HEAD/blobs/" + image->layers()[0].digest.to_string());
}

TEST_CASE("an index costs one more, and a digest is asked for where a tag stands beside it") {
    ImageRegistry registry(true);
    const std::string digest(registry.top.at("digest").as_string());
    REQUIRE(registry.open("docker://ghcr.io/me/x:1.2@" + digest));
    const std::string inner(registry.image.index[0].as_object().at("digest").as_string());
    CHECK(registry.asked() == std::vector<std::string>{"GET/manifests/" + digest, "GET/manifests/" + inner,
                                                       "GET/blobs/" + digest_in(registry.image.config())});
}

TEST_CASE("a layer comes as a stream, and its tar is what it was") {
    ImageRegistry registry(false);
    const auto image = registry.open("docker://ghcr.io/me/x:1.2");
    REQUIRE(image);
    auto layer = image->open_layer(1);
    REQUIRE(layer);
    std::string tar(registry.image.tars[1].size() + 10, '\0');
    CHECK(layer->read(std::as_writable_bytes(std::span(tar))).value() == registry.image.tars[1].size());
    tar.resize(registry.image.tars[1].size());
    CHECK(tar == registry.image.tars[1]);
}

TEST_CASE("a blob's stream is read as its reader likes, and ends as the blob does") {
    FakeRegistry fake;
    std::string content;
    for (int n = 0; n < 900'000; ++n) content += static_cast<char>('a' + n % 23);
    std::string sent = content;
    fake.answer = [&](const io::HttpRequest&, const std::string&) {
        return io::HttpResponse{.status = 200, .headers = {}, .body = sent, .final_url = {}};
    };
    const Client client = fake.client();
    const auto session = std::make_shared<Session>(client, Reference::parse("ghcr.io/me/x").value(), Access::pull);
    const auto read_all = [&](std::size_t piece) -> Result<std::string> {
        BlobStream stream(session, Sha256::of(content), content.size(), {});
        std::string out, part(piece, '\0');
        for (;;) {
            auto got = stream.read(std::as_writable_bytes(std::span(part)));
            if (!got) return got.error();
            out.append(part, 0, *got);
            if (*got == 0) return out;
        }
    };
    for (const std::size_t piece : {1000, 65'536, 2'000'000}) CHECK(read_all(piece).value() == content);
    CHECK(fake.seen.size() == 3);
    sent.back() = '!';
    const auto wrong = read_all(65'536);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().message.find("does not have its digest") != std::string::npos);
    { const BlobStream unread(session, Sha256::of(content), content.size(), {}); }
    CHECK(fake.seen.size() == 4);
}

TEST_CASE("a blob's stream that nobody reads on ends with its reader, and at a stop") {
    FakeRegistry fake;
    const std::string content(20 << 20, 'x');
    fake.answer = [&](const io::HttpRequest&, const std::string&) {
        return io::HttpResponse{.status = 200, .headers = {}, .body = content, .final_url = {}};
    };
    const Client client = fake.client();
    const auto session = std::make_shared<Session>(client, Reference::parse("ghcr.io/me/x").value(), Access::pull);
    std::string piece(10, '\0');
    {
        BlobStream left(session, Sha256::of(content), content.size(), {});
        CHECK(left.read(std::as_writable_bytes(std::span(piece))).value() == 10);
    }
    std::stop_source stop;
    BlobStream stopped(session, Sha256::of(content), content.size(), stop.get_token());
    CHECK(stopped.read(std::as_writable_bytes(std::span(piece))).value() == 10);
    stop.request_stop();
    std::string rest(30 << 20, '\0');
    // What had come by then is given first.
    REQUIRE(stopped.read(std::as_writable_bytes(std::span(rest))).value() < content.size() - 10);
    const auto ended = stopped.read(std::as_writable_bytes(std::span(rest)));
    REQUIRE_FALSE(ended);
    CHECK(ended.error().kind == ErrorKind::interrupted);
}

TEST_CASE("what lies on this machine is opened as ever, and a reference's form is checked first") {
    ImageRegistry registry(false);
    CHECK_FALSE(registry.open("oci:/no/such/folder"));
    CHECK_FALSE(oci::ImageName::parse("docker://ghcr.io/Me/x"));
    CHECK_FALSE(oci::ImageName::parse("docker://"));
    CHECK(oci::ImageName::parse("docker://debian:12").value().to_string() == "docker://docker.io/library/debian:12");
    CHECK(registry.fake.seen.empty());
}
