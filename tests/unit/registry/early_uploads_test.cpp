// SPDX-License-Identifier: Apache-2.0
// Layers that go up before their image is there.
#include "registry/early_uploads.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include "pushed.hpp"
#include "support/catch.hpp"
#include "sys/pause.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace {

struct EarlyPusher : Pusher {
    Client client{.http = there, .runner = helper, .first_pause = std::chrono::milliseconds(1)};

    BuiltLayer layer(const std::string& text) const {
        const Digest digest = Sha256::of(text);
        REQUIRE(store.put_blob(digest, text));
        BuiltLayer out{};
        out.digest = digest;
        out.size = text.size();
        return out;
    }
    std::unique_ptr<EarlyUploads> begin(const std::string& to = "ghcr.io/me/x:1") {
        return std::make_unique<EarlyUploads>(client, Reference::parse(to).value(), store, progress);
    }
};

}  // namespace

TEST_CASE("layers arrive while there is no image yet, and the push sends the rest") {
    EarlyPusher pusher;
    const std::string one = long_text(5000, 1), other = long_text(9 << 20, 2);
    const auto uploads = pusher.begin();
    uploads->offer(pusher.layer(one));
    uploads->offer(pusher.layer(other));
    uploads->offer(pusher.layer(one));
    uploads->finish({});
    CHECK(pusher.there.blobs["me/x"].size() == 2);
    CHECK(pusher.there.count("HEAD blobs") == 2);
    CHECK(pusher.there.manifests.empty());
    const PushedImage image = image_of_texts({one, other});
    const auto pushed = pusher.push(image);
    REQUIRE(pushed);
    CHECK(pusher.has(image));
    CHECK(pushed->sent == 2);
}

TEST_CASE("with nothing offered nothing is asked") {
    EarlyPusher pusher;
    pusher.begin()->finish({});
    CHECK(pusher.there.asked.empty());
}

TEST_CASE("what another repository has is left for the push to mount") {
    EarlyPusher pusher;
    const std::string text = long_text(5000, 1);
    REQUIRE(pusher.push(image_of_texts({text})));
    pusher.there.asked.clear();
    const auto uploads = pusher.begin("ghcr.io/me/y:1");
    uploads->offer(pusher.layer(text));
    uploads->finish({});
    CHECK(pusher.there.asked.empty());
}

TEST_CASE("a registry that refuses layers does not fail the build, and nothing more is tried") {
    EarlyPusher pusher;
    pusher.there.instead = [](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (!what.starts_with("POST")) return std::nullopt;
        return io::HttpResponse{.status = 403, .headers = {}, .body = {}, .final_url = {}};
    };
    const auto uploads = pusher.begin();
    uploads->offer(pusher.layer(long_text(5000, 1)));
    uploads->finish({});
    uploads->offer(pusher.layer(long_text(5000, 2)));
    uploads->finish({});
    CHECK(pusher.there.count("POST") == 1);
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("a build that ends early leaves what a later push goes on with") {
    EarlyPusher pusher;
    const std::string text = long_text(9 << 20, 1);
    pusher.there.cuts = {5 << 20};
    std::atomic<bool> is_cut = false;
    pusher.there.instead = [&](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (what != "GET upload") return std::nullopt;
        is_cut = true;
        return network_error("away");
    };
    auto uploads = pusher.begin();
    uploads->offer(pusher.layer(text));
    while (!is_cut) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    uploads.reset();
    CHECK(pusher.journal_size() == 1);
    pusher.there.instead = nullptr;
    const auto pushed = pusher.push(image_of_texts({text}));
    REQUIRE(pushed);
    CHECK(pushed->sent == (4 << 20) + 2);
}

TEST_CASE("uploads that fail one after the other while the build ends early end cleanly") {
    // Each piece fails when it is stopped, one of the two later than the other.
    struct StoppedRegistry : StrictRegistry {
        Result<io::HttpResponse> send(const io::HttpRequest& request, std::stop_token stop) override {
            if (request.method != io::HttpMethod::patch) return StrictRegistry::send(request, std::move(stop));
            const int order = ++begun;
            (void)sys::pause_for(std::chrono::minutes(1), stop);
            std::this_thread::sleep_for(std::chrono::milliseconds(10 * order));
            return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        }
        std::atomic<int> begun = 0;
    };
    const EarlyPusher pusher;
    FakeHelper helper;
    SilentProgress progress;
    const BuiltLayer one = pusher.layer(long_text(9 << 20, 1)), other = pusher.layer(long_text(9 << 20, 2));
    for (int round = 0; round < 10; ++round) {  // the order of the two is not ours
        StoppedRegistry there;
        const Client client{.http = there, .runner = helper, .first_pause = std::chrono::milliseconds(1)};
        EarlyUploads uploads(client, Reference::parse("ghcr.io/me/x:1").value(), pusher.store, progress);
        uploads.offer(one);
        uploads.offer(other);
        while (there.begun < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(pusher.journal_size() == 2);
}

TEST_CASE("when one layer failed nothing is sent any more, and the push goes on with the others") {
    // Slow with pieces, without its lock.
    struct SlowRegistry : StrictRegistry {
        Result<io::HttpResponse> send(const io::HttpRequest& request, std::stop_token stop) override {
            if (request.method != io::HttpMethod::patch) return StrictRegistry::send(request, std::move(stop));
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            auto answer = StrictRegistry::send(request, std::move(stop));
            ++pieces;
            return answer;
        }
        std::atomic<int> pieces = 0;
    } there;
    EarlyPusher pusher;
    const Client client{.http = there, .runner = pusher.helper, .first_pause = std::chrono::milliseconds(1)};
    bool is_begun = false;
    there.instead = [&](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (what != "POST blobs/uploads/" || !std::exchange(is_begun, true)) return std::nullopt;
        return io::HttpResponse{.status = 403, .headers = {}, .body = {}, .final_url = {}};
    };
    EarlyUploads uploads(client, Reference::parse("ghcr.io/me/x:1").value(), pusher.store, pusher.progress);
    uploads.offer(pusher.layer(long_text(60 << 20, 1)));
    while (there.pieces == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    uploads.offer(pusher.layer(long_text(5000, 2)));
    uploads.finish({});
    const int sent = there.pieces;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    CHECK(there.pieces == sent);
    CHECK(sent < 15);
    CHECK(pusher.journal_size() == 1);
}
