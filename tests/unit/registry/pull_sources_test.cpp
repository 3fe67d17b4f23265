// SPDX-License-Identifier: Apache-2.0
// Mirrors of a registry: asked first, passed over where they fail or lie, and never told the registry's login.
#include "registry/pull_sources.hpp"

#include <algorithm>
#include <map>

#include "fake_registry.hpp"
#include "oci/import.hpp"
#include "registry/outgoing_blob.hpp"
#include "registry/place.hpp"
#include "support/made_image.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace {

// An image at the registry ghcr.io and at two mirrors of it; what each host does otherwise is a test's own.
struct Mirrored {
    FakeRegistry fake{};
    MadeImage image{};
    json::object manifest{};
    PullRules rules{};
    std::map<std::string, std::function<std::optional<io::HttpResponse>(const std::string& what)>> hosts{};
    std::vector<std::string> asked{};  // "m1.example GET manifests/1.2"

    Mirrored() {
        // A layer that is too large to be held until it is checked.
        std::string noise;
        for (std::uint32_t at = 1; noise.size() < (2 << 20); at = at * 1664525 + 1013904223)
            noise += static_cast<char>(at >> 24);
        image.tars.push_back(tar_of({{"opt/large", noise}}));
        image.finish();
        manifest = image.index[0].as_object();
        rules.add({.prefix = "ghcr.io", .mirrors = {{.location = "m1.example/gh"}, {.location = "m2.example"}}});
        fake.answer = [this](const io::HttpRequest& request, const std::string&) { return answer(request); };
    }
    static io::HttpResponse reply(int status, const std::string& body, const std::string& type = "") {
        return {.status = status, .headers = {{"content-type", type}}, .body = body, .final_url = {}};
    }
    std::string body_of(const std::string& what) const {
        const std::string digest = what.substr(what.rfind('/') + 1);
        const auto at = image.blobs.find(digest == "1.2" ? MadeImage::hex(manifest) : digest.substr(7));
        return at == image.blobs.end() ? "" : at->second;
    }
    io::HttpResponse answer(const io::HttpRequest& request) {
        const std::string rest = request.url.substr(8), host = rest.substr(0, rest.find('/'));
        const std::string what = rest.substr(rest.find("/x/") + 3);
        asked.push_back(host + " " + std::string(to_string(request.method)) + " " + what);
        CHECK(rest.find(host == "m1.example" ? "/v2/gh/me/x/" : "/v2/me/x/") == host.size());
        if (hosts.contains(host))
            if (auto own = hosts.at(host)(what)) return *own;
        const bool is_manifest = what.starts_with("manifests/");
        io::HttpResponse out =
            reply(200, body_of(what), is_manifest ? MadeImage::manifest_type : "application/octet-stream");
        if (out.body.empty()) return reply(404, "");
        if (request.first_byte != 0) {
            out.status = 206;
            out.body = out.body.substr(request.first_byte);
        }
        return out;
    }
    std::shared_ptr<const Client> client() {
        auto made = std::make_shared<Client>(fake.client());
        made->pull_rules = [this] { return Result<PullRules>(rules); };
        return made;
    }
    Result<oci::ImageSource> open(const std::string& name = "docker://ghcr.io/me/x:1.2") {
        return open_image(oci::ImageName::parse(name).value(), client(), {});
    }
    std::string large() const { return image.blobs.at(large_digest().hex()); }
    Digest large_digest() const { return Sha256::of(gzip_of(image.tars.back())); }
    int count(const std::string& host) const {
        return static_cast<int>(
            std::count_if(asked.begin(), asked.end(), [&](const std::string& one) { return one.starts_with(host); }));
    }
    Result<oci::ImportedImage> import() {
        auto source = open();
        if (!source) return source.error();
        const Store store = Store::open(folder.path()).value();
        return oci::import_image(store, *source, {});
    }
    sys::TempDirectory folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "mirrors-").value();
};

const auto down = [](const std::string&) { return std::optional(Mirrored::reply(503, "")); };

}  // namespace

TEST_CASE("an image that the first mirror has comes from there alone, under its own name") {
    Mirrored mirrored;
    const auto image = mirrored.open();
    REQUIRE(image);
    CHECK(image->name() == "docker://ghcr.io/me/x:1.2");
    REQUIRE(mirrored.import());
    CHECK(mirrored.count("m1.example") == static_cast<int>(mirrored.asked.size()));
    CHECK(mirrored.fake.told.empty());
}

TEST_CASE("a mirror that fails is named once and passed over, and so is one that lacks the image") {
    Mirrored mirrored;
    mirrored.hosts["m1.example"] = down;
    mirrored.hosts["m2.example"] = [](const std::string&) { return std::optional(Mirrored::reply(404, "")); };
    REQUIRE(mirrored.import());
    CHECK(mirrored.asked[0] == "m1.example GET manifests/1.2");
    CHECK(mirrored.asked[1] == "m2.example GET manifests/1.2");
    CHECK(mirrored.asked[2] == "ghcr.io GET manifests/1.2");
    CHECK(mirrored.count("m1.example") == 1);
    CHECK(mirrored.count("m2.example") == 1);
    REQUIRE(mirrored.fake.told.size() == 2);
    CHECK(mirrored.fake.told[0].find("the mirror m1.example/gh/me/x is passed over for ghcr.io/me/x: ") == 0);
    CHECK(mirrored.fake.told[1].find("the mirror m2.example/me/x is passed over") == 0);
}

TEST_CASE("where nobody has it, the registry's own answer is the error") {
    Mirrored mirrored;
    for (const char* host : {"m1.example", "m2.example", "ghcr.io"}) mirrored.hosts[host] = down;
    const auto image = mirrored.open();
    REQUIRE_FALSE(image);
    CHECK(image.error().message.find("'ghcr.io/me/x:1.2' cannot be read") == 0);
}

TEST_CASE("a mirror with another manifest than the digest says, or another small blob, gives none of it") {
    Mirrored mirrored;
    mirrored.hosts["m1.example"] = [&](const std::string& what) {
        return what.starts_with("manifests/") ? std::optional(Mirrored::reply(200, "{}", MadeImage::manifest_type))
                                              : std::nullopt;
    };
    mirrored.hosts["m2.example"] = [&](const std::string& what) {
        const bool is_config = what.ends_with(Sha256::of(mirrored.image.config()).to_string());
        return is_config ? std::optional(Mirrored::reply(200, std::string(mirrored.image.config().size(), '{')))
                         : std::nullopt;
    };
    const std::string digest(mirrored.manifest.at("digest").as_string());
    const auto image = mirrored.open("docker://ghcr.io/me/x@" + digest);
    REQUIRE(image);
    CHECK(image->digest().to_string() == digest);
    REQUIRE(mirrored.fake.told.size() == 2);
    CHECK(mirrored.asked.back() == "ghcr.io GET blobs/" + Sha256::of(mirrored.image.config()).to_string());
}

TEST_CASE("a layer of a mirror that lies is taken from the next place into the store") {
    Mirrored mirrored;
    const auto other = [&](std::size_t at) {
        return [&mirrored, at](const std::string& what) -> std::optional<io::HttpResponse> {
            if (!what.ends_with(mirrored.large_digest().to_string())) return std::nullopt;
            std::string bytes = mirrored.large();
            bytes[at < bytes.size() ? at : bytes.size() - 1] ^= 1;
            return Mirrored::reply(200, bytes);
        };
    };
    mirrored.hosts["m1.example"] = other(1'000'000'000);  // seen by the digest alone, at the end
    mirrored.hosts["m2.example"] = other(1000);           // seen by who unpacks it, before the end
    const auto imported = mirrored.import();
    REQUIRE(imported);
    const Store store = Store::open(mirrored.folder.path()).value();
    CHECK(sys::read_file(store.blob_path(mirrored.large_digest())).value() == mirrored.large());
    CHECK(mirrored.count("ghcr.io") == 1);
    CHECK(mirrored.fake.told.size() == 2);
}

TEST_CASE("a layer that a mirror cannot give to its end goes on at the next place") {
    Mirrored mirrored;
    int tries = 0;
    mirrored.hosts["m1.example"] = [&](const std::string& what) -> std::optional<io::HttpResponse> {
        if (!what.ends_with(mirrored.large_digest().to_string())) return std::nullopt;
        if (++tries > 1) return Mirrored::reply(503, "");
        io::HttpResponse out = Mirrored::reply(200, mirrored.large().substr(0, 500'000));
        out.headers["x-then-cut"] = "yes";
        return out;
    };
    REQUIRE(mirrored.import());
    CHECK(mirrored.fake.told.size() == 1);
    const io::HttpRequest* last = nullptr;
    for (const io::HttpRequest& request : mirrored.fake.seen)
        if (request.url.ends_with(mirrored.large_digest().to_string())) last = &request;
    REQUIRE(last != nullptr);
    CHECK(last->url.starts_with("https://m2.example/"));
    CHECK(last->first_byte == 500'000);
}

TEST_CASE("a blob on its way out is read from the next place when a mirror lies") {
    Mirrored mirrored;
    mirrored.hosts["m1.example"] = [&](const std::string& what) -> std::optional<io::HttpResponse> {
        if (!what.ends_with(mirrored.large_digest().to_string())) return std::nullopt;
        return Mirrored::reply(200, std::string(mirrored.large().size(), 'x'));
    };
    PullSources sources(mirrored.client(), Reference::parse("ghcr.io/me/x:1.2").value(), {});
    const oci::Descriptor what{"", mirrored.large_digest(), mirrored.large().size(), "", "", false};
    OutgoingBlob blob(what, [&] { return sources.open(what, 0, {}); });
    const io::HttpBody body = blob.part(0, what.size);
    const auto read_all = [&]() -> Result<std::string> {
        std::string out(what.size, '\0');
        for (std::size_t at = 0; at < out.size();) {
            auto got = body.read(at, std::as_writable_bytes(
                                         std::span(out).subspan(at, std::min<std::size_t>(out.size() - at, 100'000))));
            if (!got) return got.error();
            at += *got;
        }
        return out;
    };
    const auto wrong = read_all();
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().kind == ErrorKind::network);  // so that the upload has a next try
    CHECK_FALSE(blob.has_failed());
    CHECK_FALSE(blob.is_damaged());
    CHECK(read_all().value() == mirrored.large());
}

TEST_CASE("a mirror that asks for a login gets its own, and never the registry's") {
    Mirrored mirrored;
    mirrored.fake.log_in("ghcr.io", "me:secret");
    mirrored.fake.challenge = R"(Basic realm="x")";
    std::vector<std::string> told_to_mirrors;
    mirrored.fake.answer = [&](const io::HttpRequest& request, const std::string& authorization) {
        const bool is_mirror = request.url.find("//ghcr.io/") == std::string::npos;
        if (is_mirror && !authorization.empty()) told_to_mirrors.push_back(authorization);
        return is_mirror || authorization.empty() ? mirrored.fake.unauthorized() : mirrored.answer(request);
    };
    REQUIRE(mirrored.open());
    CHECK(told_to_mirrors.empty());
    CHECK(mirrored.fake.told.size() == 2);
    mirrored.fake.log_in("m1.example/gh", "you:other");
    REQUIRE_FALSE(mirrored.open());  // nobody else lets it in
    REQUIRE(told_to_mirrors.size() == 1);
    CHECK(told_to_mirrors[0] == "Basic " + base64("you:other"));
}

TEST_CASE("insecure settings are told and not followed, and what is blocked is not asked") {
    Mirrored mirrored;
    mirrored.rules.add({.prefix = "ghcr.io", .mirrors = {{.location = "m2.example", .is_insecure = true}}});
    REQUIRE(mirrored.open());
    REQUIRE(mirrored.fake.told.size() == 1);
    CHECK(mirrored.fake.told[0].find("insecure = true is not followed for m2.example/me/x: ") == 0);
    CHECK(mirrored.fake.seen[0].url.starts_with("https://m2.example/"));
    mirrored.asked.clear();
    mirrored.rules.add({.prefix = "ghcr.io", .is_blocked = true, .source = "a.conf"});
    CHECK(mirrored.open().error().message.find("'ghcr.io/me/x' is blocked on this machine") == 0);
    // A push is no pull, and is refused all the same.
    const auto client = mirrored.client();
    Session session(*client, Reference::parse("ghcr.io/me/x:2").value(), Access::push);
    CHECK(session.send({.path = "manifests/2"}, {}).error().message.find("is blocked on this machine") !=
          std::string::npos);
    CHECK(mirrored.asked.empty());
}
