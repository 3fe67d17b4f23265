// SPDX-License-Identifier: Apache-2.0
// A push as a whole: what is sent in which order, what is not sent again, and what ends it.
#include "registry/push.hpp"

#include <thread>

#include "pushed.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

TEST_CASE("a push sends every blob, then the manifest, and the next one sends nothing") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(5000, 1), long_text(3000, 2), long_text(3000, 2)});
    const auto first = pusher.push(image);
    REQUIRE(first);
    CHECK(pusher.has(image));
    CHECK(first->manifest == image.digest);
    CHECK_FALSE(first->was_there);
    CHECK(first->uploaded + first->found == 4);
    CHECK(pusher.there.asked.back().starts_with("PUT manifests/1"));
    CHECK(pusher.there.uploads.empty());
    CHECK(pusher.journal_size() == 0);

    pusher.there.asked.clear();
    const auto second = pusher.push(image);
    REQUIRE(second);
    CHECK(second->was_there);
    CHECK(second->sent == 0);
    CHECK(pusher.there.asked == std::vector<std::string>{"HEAD manifests/1"});
}

TEST_CASE("blobs that are there already are not sent, whatever the manifest") {
    Pusher pusher;
    const std::string base = long_text(5000, 1);
    REQUIRE(pusher.push(image_of_texts({base})));
    const PushedImage next = image_of_texts({base, long_text(100, 2)});
    const auto pushed = pusher.push(next);
    REQUIRE(pushed);
    CHECK(pusher.has(next));
    CHECK(pushed->sent == 100);
    CHECK(pushed->found == 2);
}

TEST_CASE("a blob that another repository of the registry has is mounted, and sent where that fails") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(5000, 1)});
    REQUIRE(pusher.push(image));
    SECTION("it can be mounted") {
        const auto pushed = pusher.push(image, {"ghcr.io/me/y:1"});
        REQUIRE(pushed);
        CHECK(pushed->mounted == 2);
        CHECK(pushed->sent == 0);
    }
    SECTION("the registry does not mount") {
        pusher.there.may_mount = false;
        const auto pushed = pusher.push(image, {"ghcr.io/me/y:1"});
        REQUIRE(pushed);
        CHECK(pushed->mounted == 0);
        CHECK(pushed->sent == 5002);
        // What the registry began in the mount's place is used, and nothing is left behind.
        CHECK(pusher.there.uploads.empty());
    }
    SECTION("another registry is not asked to mount") {
        pusher.there.asked.clear();
        pusher.there.blobs.clear();
        pusher.there.manifests.clear();
        REQUIRE(pusher.push(image, {"quay.io/me/y:1"}));
        CHECK(pusher.there.count("POST mount") == 0);
    }
    CHECK((pusher.has(image, "me/y")));
}

TEST_CASE("a push that may not mount is tried without, and one that is cut or refused otherwise is not") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(5000, 1)});
    REQUIRE(pusher.push(image));
    pusher.there.asked.clear();
    SECTION("the token server gives nothing for another repository") {
        pusher.there.token_uses = 1000;
        pusher.there.refuses_other_repositories = true;
        const auto pushed = pusher.push(image, {"ghcr.io/me/y:1"});
        REQUIRE(pushed);
        CHECK(pushed->sent == 5002);
        CHECK(pusher.there.count("POST mount") == 0);
    }
    SECTION("the registry has a fault") {
        const bool is_cut = GENERATE(true, false);
        pusher.there.instead = [&](const std::string&) -> std::optional<Result<io::HttpResponse>> {
            if (is_cut) return network_error("away");
            return io::HttpResponse{.status = 503, .headers = {}, .body = {}, .final_url = {}};
        };
        REQUIRE_FALSE(pusher.push(image, {"ghcr.io/me/y:1"}));
        CHECK(pusher.there.asked.size() == 1);
    }
}

TEST_CASE("several tags come in one request where the registry answers it, else one by one") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(50, 1)});
    pusher.there.lists_tags = GENERATE(true, false);
    REQUIRE(pusher.push(image, {"ghcr.io/me/x:1", "ghcr.io/me/x:1.2", "ghcr.io/me/x:latest"}));
    for (const char* tag : {"1", "1.2", "latest"}) CHECK(pusher.has(image, "me/x", tag));
    CHECK(pusher.there.count("PUT manifests/") == (pusher.there.lists_tags ? 1 : 4));
}

TEST_CASE("where a registry refuses several tags in one request, they come one by one") {
    for (const int status : {400, 404, 405, 414, 422}) {
        Pusher pusher;
        pusher.there.instead = [status](const std::string& asked) -> std::optional<Result<io::HttpResponse>> {
            if (!asked.starts_with("PUT manifests/sha256:")) return std::nullopt;
            return io::HttpResponse{.status = status, .headers = {}, .body = {}, .final_url = {}};
        };
        const PushedImage image = image_of_texts({"a layer"});
        INFO(status);
        REQUIRE(pusher.push(image, {"ghcr.io/me/x:1", "ghcr.io/me/x:2"}));
        CHECK(pusher.has(image, "me/x", "1"));
        CHECK(pusher.has(image, "me/x", "2"));
    }
}

TEST_CASE("a reference by digest must be the image's own") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(50, 1)});
    CHECK_FALSE(pusher.push(image, {"ghcr.io/me/x@" + Sha256::of("other").to_string()}));
    CHECK(pusher.there.asked.empty());
    REQUIRE(pusher.push(image, {"ghcr.io/me/x@" + image.digest.to_string()}));
    CHECK(pusher.there.manifests.contains("me/x:" + image.digest.to_string()));
}

TEST_CASE("a layer that the registry does not take is refused before anything is sent") {
    Pusher pusher;
    PushedImage image = image_of_texts({long_text(50, 1)});
    image.blobs[0].what.size = 10'000'000'001;
    const auto pushed = pusher.push(image);
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("takes at most 10.0 GB a layer") != std::string::npos);
    CHECK(pusher.there.asked.empty());
}

TEST_CASE("a damaged blob never arrives, and its upload is taken back") {
    Pusher pusher;
    PushedImage image = image_of_texts({long_text(9 << 20, 1)});
    auto other = std::make_shared<const std::string>(long_text(9 << 20, 2));
    image.blobs[0].open = [other] { return Result<oci::Blob>(blob_of_text(other)); };
    const auto pushed = pusher.push(image);
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("does not have its digest") != std::string::npos);
    CHECK(pusher.there.uploads.empty());
    CHECK(pusher.there.count("PUT manifests/") == 0);
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("a source beyond the network that fails is not read again by the push") {
    Pusher pusher;
    PushedImage image = image_of_texts({long_text(9 << 20, 1)});
    int opened = 0;
    image.blobs[0].open = [&opened]() -> Result<oci::Blob> {
        ++opened;
        return network_error("the other registry is away");
    };
    const auto pushed = pusher.push(image);
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message == "the other registry is away");
    CHECK(opened == 1);
    CHECK(pusher.journal_size() != 0);  // a later push can go on
}

TEST_CASE("what the registry refuses ends the push with its words, and leaves no upload") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(9 << 20, 1), long_text(100, 2)});
    std::string what;
    int status = 0;
    SECTION("the repository is not there") { what = "POST blobs/uploads/", status = 404; }
    SECTION("we may not push") { what = "POST blobs/uploads/", status = 403; }
    SECTION("a proxy takes no request of this size") { what = "PATCH", status = 413; }
    SECTION("the manifest") { what = "PUT manifests", status = 400; }
    pusher.there.instead = [&](const std::string& asked) -> std::optional<Result<io::HttpResponse>> {
        if (!asked.starts_with(what)) return std::nullopt;
        return io::HttpResponse{.status = status, .headers = {}, .body = {}, .final_url = {}};
    };
    const auto pushed = pusher.push(image);
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().kind == ErrorKind::network);
    CHECK(pushed.error().message.find("HTTP status " + std::to_string(status)) != std::string::npos);
    CHECK(pusher.there.uploads.empty());
    CHECK(pusher.journal_size() == 0);
    CHECK_FALSE(pusher.has(image));
    if (status == 404) CHECK(pushed.error().hint.find("make the repository first") != std::string::npos);
    if (status == 403) CHECK(pushed.error().hint.find("asked as nobody") != std::string::npos);
}

TEST_CASE("a registry that takes the manifest as another digest is not believed") {
    Pusher pusher;
    pusher.there.afterwards = [](const std::string& what, io::HttpResponse& response) {
        if (what.starts_with("PUT manifests"))
            response.headers["docker-content-digest"] = Sha256::of("other").to_string();
    };
    const auto pushed = pusher.push(image_of_texts({long_text(100, 1)}));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("took 'ghcr.io/me/x:1' as") != std::string::npos);
}

TEST_CASE("a registry that lost a blob is sent it again, once") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(100, 1)});
    int times = GENERATE(1, 2);
    pusher.there.instead = [&,
                            left = times](const std::string& what) mutable -> std::optional<Result<io::HttpResponse>> {
        if (what.starts_with("PUT manifests") && left-- > 0) pusher.there.blobs.clear();
        return std::nullopt;
    };
    const auto pushed = pusher.push(image);
    CHECK(pushed.has_value() == (times == 1));
    CHECK(pusher.has(image) == (times == 1));
    CHECK(pusher.there.received >= 204);
}

TEST_CASE("two pushes at once both end whole") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(9 << 20, 1), long_text(6 << 20, 2), long_text(100, 3)});
    std::optional<Result<PushReport>> other;
    std::thread second([&] { other = pusher.push(image, {"ghcr.io/me/x:2"}); });
    const auto one = pusher.push(image);
    second.join();
    CHECK(one);
    CHECK(*other);
    CHECK(pusher.has(image));
    CHECK(pusher.has(image, "me/x", "2"));
    CHECK(pusher.there.uploads.empty());
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("a token that ends in the middle is renewed, and nothing is lost") {
    Pusher pusher;
    pusher.there.token_uses = 3;
    const PushedImage image = image_of_texts({long_text(9 << 20, 1), long_text(100, 2)});
    const auto pushed = pusher.push(image);
    REQUIRE(pushed);
    CHECK(pusher.has(image));
    CHECK(pusher.there.tokens > 2);
}

namespace {

Result<void> asked_whether_we_may(Pusher& pusher) {
    const Client client{.http = pusher.there, .runner = pusher.helper, .first_pause = std::chrono::milliseconds(1)};
    return check_access(client, Reference::parse("ghcr.io/me/x:1").value(), {});
}

}  // namespace

TEST_CASE("a build may begin where the registry does not say no to the push") {
    Pusher pusher;
    // 400: docker-registry 2.8.2, of a tag with an image of Docker's own type, to who does not say what he takes.
    const int status = GENERATE(200, 400, 404, 405);
    std::string accepted;
    pusher.there.instead = [&](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (!what.starts_with("HEAD manifests")) return std::nullopt;
        accepted = pusher.there.accepted;
        return io::HttpResponse{.status = status, .headers = {}, .body = {}, .final_url = {}};
    };
    CHECK(asked_whether_we_may(pusher));
    CHECK(accepted.find("application/vnd.docker.distribution.manifest.v2+json") != std::string::npos);
    CHECK(accepted.find("application/vnd.oci.image.manifest.v1+json") != std::string::npos);
    CHECK(pusher.there.count("POST") == 1);
    CHECK(pusher.there.count("DELETE upload") == 1);
    CHECK(pusher.there.uploads.empty());
}

TEST_CASE("a build does not begin with a login that may read and not push") {
    Pusher pusher;
    const int of_tag = GENERATE(200, 404), of_upload = GENERATE(401, 403);
    pusher.there.instead = [&](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (!what.starts_with("HEAD manifests") && !what.starts_with("POST")) return std::nullopt;
        const int status = what.starts_with("POST") ? of_upload : of_tag;
        return io::HttpResponse{.status = status, .headers = {}, .body = {}, .final_url = {}};
    };
    CHECK_FALSE(asked_whether_we_may(pusher));
}

TEST_CASE("a build may begin where a registry that takes nothing has the tag") {
    Pusher pusher;
    const int of_tag = GENERATE(200, 404);
    pusher.there.instead = [&](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (!what.starts_with("HEAD manifests") && !what.starts_with("POST")) return std::nullopt;
        const int status = what.starts_with("POST") ? 405 : of_tag;
        return io::HttpResponse{.status = status, .headers = {}, .body = {}, .final_url = {}};
    };
    CHECK(asked_whether_we_may(pusher).has_value() == (of_tag == 200));
}

TEST_CASE("a registry that hides what may be pushed there is asked by an upload, which is taken back") {
    Pusher pusher;
    int of_upload = 0;
    pusher.there.instead = [&](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        const bool is_hidden = what.starts_with("HEAD manifests"), is_begun = what.starts_with("POST");
        if (!is_hidden && !(is_begun && of_upload != 0)) return std::nullopt;
        return io::HttpResponse{.status = is_hidden ? 403 : of_upload, .headers = {}, .body = {}, .final_url = {}};
    };
    SECTION("it begins one") {
        CHECK(asked_whether_we_may(pusher));
        CHECK(pusher.there.count("DELETE upload") == 1);
    }
    SECTION("it does not") {
        of_upload = GENERATE(403, 404);
        const auto asked = asked_whether_we_may(pusher);
        REQUIRE_FALSE(asked);
        CHECK(asked.error().message.find("HTTP status " + std::to_string(of_upload)) != std::string::npos);
    }
    CHECK(pusher.there.uploads.empty());
}

TEST_CASE("a build does not begin where the registry is away or asks for fewer requests") {
    Pusher pusher;
    const int status = GENERATE(429, 500, 503);
    pusher.there.instead = [&](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (!what.starts_with("HEAD manifests")) return std::nullopt;
        return io::HttpResponse{.status = status, .headers = {}, .body = {}, .final_url = {}};
    };
    const auto asked = asked_whether_we_may(pusher);
    REQUIRE_FALSE(asked);
    CHECK(asked.error().message.find("HTTP status " + std::to_string(status)) != std::string::npos);
}
