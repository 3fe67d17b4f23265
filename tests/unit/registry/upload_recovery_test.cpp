// SPDX-License-Identifier: Apache-2.0
// One blob whose registry loses, refuses, doubts or delays what it was sent: what is asked, and what is sent again.
#include <atomic>
#include <chrono>

#include "pushed.hpp"
#include "registry/upload.hpp"
#include "support/catch.hpp"
#include "sys/pause.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace {

constexpr std::uint64_t one_mib = 1 << 20;

io::HttpResponse status_only(int status, std::map<std::string, std::string> headers = {}) {
    return {.status = status, .headers = std::move(headers), .body = {}, .final_url = {}};
}

// Answers so many requests of that kind with `response`, in the registry's place.
std::function<std::optional<Result<io::HttpResponse>>(const std::string&)> first_times(std::string what, int times,
                                                                                       io::HttpResponse response) {
    return [what = std::move(what), response = std::move(response),
            left = std::make_shared<int>(times)](const std::string& asked) -> std::optional<Result<io::HttpResponse>> {
        if (!asked.starts_with(what) || (*left)-- <= 0) return std::nullopt;
        return response;
    };
}

}  // namespace

TEST_CASE("a blob that arrived before its push was killed is found, and not sent again") {
    Pusher pusher;
    pusher.has_configuration();
    const std::string text = long_text(9 * one_mib, 1);
    const PushedImage image = image_of_texts({text});
    SECTION("the upload was closed") {
        pusher.there.afterwards = [&](const std::string& what, io::HttpResponse& response) {
            if (what != "PUT upload") return;
            response.status = 502;
            pusher.stop.request_stop();
        };
        REQUIRE_FALSE(pusher.push(image));
        REQUIRE(pusher.journal_size() != 0);
        pusher.there.afterwards = nullptr;
    }
    SECTION("another push brought it, and the upload is still there") {
        pusher.there.cuts = {7 * one_mib};
        pusher.there.instead = first_times("GET upload", 1000, status_only(503));
        REQUIRE_FALSE(pusher.push(image));
        REQUIRE_FALSE(pusher.there.uploads.empty());
        pusher.there.instead = nullptr;
        pusher.there.blobs["me/x"][Sha256::of(text)] = text;
    }
    pusher.stop = {};
    pusher.there.asked.clear();
    const auto pushed = pusher.push(image);
    REQUIRE(pushed);
    CHECK(pushed->sent <= 2);
    CHECK(pusher.there.count("GET upload") == 0);
    CHECK(pusher.has(image));
    CHECK(pusher.there.uploads.empty());
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("a blob that was begun anew often and is there at last is not refused") {
    Pusher pusher;
    pusher.there.instead = first_times("PATCH", 4, status_only(404));
    bool is_lost = false;
    pusher.there.afterwards = [&](const std::string& what, io::HttpResponse& response) {
        if (what == "PUT upload" && !std::exchange(is_lost, true)) response.status = 404;
    };
    const PushedImage image = image_of_texts({long_text(9 * one_mib, 1)});
    const auto pushed = pusher.push(image);
    REQUIRE(pushed);
    CHECK(is_lost);
    CHECK(pusher.has(image));
    CHECK(pushed->sent == 9 * one_mib + 2);
}

TEST_CASE("a registry that loses each upload at its end is given up with its own words") {
    Pusher pusher;
    pusher.there.instead = first_times("PUT upload", 1000, status_only(404));
    const auto pushed = pusher.push(image_of_texts({long_text(9 * one_mib, 1)}));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("HTTP status 404") != std::string::npos);
    CHECK(pusher.there.received < 40 * one_mib);
    CHECK(pusher.there.uploads.empty());
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("an upload whose farewell is cut short by another blob's refusal is taken back at the end") {
    // The large blob is lost at its end and about to be begun anew when the small one is refused.
    struct SlowFarewell : StrictRegistry {
        Result<io::HttpResponse> send(const io::HttpRequest& request, std::stop_token stop) override {
            const bool is_small = request.body && request.body->size == 2;
            if (is_small) is_taken_back.wait(false);
            if (request.method != io::HttpMethod::remove || is_taken_back.exchange(true))
                return StrictRegistry::send(request, std::move(stop));
            is_taken_back.notify_all();
            (void)sys::pause_for(std::chrono::minutes(1), stop);
            return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        }
        std::atomic<bool> is_taken_back = false;
    } there;
    there.instead = [](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (!what.starts_with("PUT upload")) return std::nullopt;
        return status_only(what == "PUT upload 2" ? 403 : 404);
    };
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(9 * one_mib, 1)});
    const auto targets = PushTarget::of({Reference::parse("ghcr.io/me/x:1").value()}, image.digest).value();
    const Client client{.http = there, .runner = pusher.helper, .first_pause = std::chrono::milliseconds(1)};
    const auto pushed =
        push_image(image, targets.front(), {client, pusher.store, pusher.progress, "docker://ghcr.io/me/x:1"}, {});
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("HTTP status 403") != std::string::npos);
    CHECK(there.uploads.empty());
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("a blob that was gone on with and is refused in so few words as a status is begun anew") {
    // What an earlier connection sent late may lie in it twice, and some registries say of that nothing but 400.
    Pusher pusher;
    const std::string text = long_text(9 * one_mib, 1);
    const PushedImage image = image_of_texts({text});
    pusher.there.cuts = {7 * one_mib};
    pusher.there.instead = first_times("GET upload", 1000, status_only(503));
    REQUIRE_FALSE(pusher.push(image));
    for (auto& [id, upload] : pusher.there.uploads)
        if (upload.data.size() > 100) upload.data.front() = '\0';
    pusher.there.instead = nullptr;
    pusher.there.asked.clear();
    pusher.there.afterwards = [](const std::string&, io::HttpResponse& response) {
        if (response.status == 400) response.body.clear();
    };
    SECTION("it was only that") {
        const auto pushed = pusher.push(image);
        REQUIRE(pushed);
        CHECK(pusher.has(image));
        CHECK(pushed->sent < 12 * one_mib);
    }
    SECTION("it says so of what came whole too") {
        pusher.there.instead = first_times("PUT upload", 1000, status_only(400));
        const auto pushed = pusher.push(image);
        REQUIRE_FALSE(pushed);
        CHECK(pushed.error().message.find("HTTP status 400") != std::string::npos);
        CHECK(pusher.there.received < 20 * one_mib);
    }
    CHECK(pusher.there.uploads.empty());
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("a registry that asks for a short wait gets it, and the push goes on") {
    Pusher pusher;
    const int status = GENERATE(408, 429, 502);
    pusher.there.instead = first_times("PATCH", 1, status_only(status, {{"retry-after", "1"}}));
    const PushedImage image = image_of_texts({long_text(9 * one_mib, 1)});
    const auto begun = std::chrono::steady_clock::now();
    REQUIRE(pusher.push(image));
    CHECK(pusher.has(image));
    CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::seconds(1));
}

TEST_CASE("a registry that asks for more than 30 seconds is not waited for") {
    Pusher pusher;
    pusher.there.instead = first_times("PATCH", 1000, status_only(502, {{"retry-after", "31"}}));
    const auto pushed = pusher.push(image_of_texts({long_text(9 * one_mib, 1)}));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("it asks to wait 31") != std::string::npos);
    CHECK(pusher.there.count("PATCH") == 1);
    CHECK(pusher.journal_size() != 0);
}

TEST_CASE("a PUT of a whole blob that is answered 416 is too large, and goes on in pieces") {
    Pusher pusher;
    const std::uint64_t most = 8 * one_mib;
    pusher.there.names_uploads = false;
    pusher.there.instead = first_times("PUT upload 9437184", 1000, status_only(416));
    const PushedImage image = image_of_texts({long_text(9 * one_mib, 1)});
    pusher.there.most_at_once = most;
    REQUIRE(pusher.push(image, {"quay.io/me/x:1"}));
    CHECK(pusher.there.count("PUT upload 9437184") == 1);
    CHECK(pusher.has(image));
}

TEST_CASE("a journal that cannot be written is told once, and the push goes on") {
    struct Listener : SilentProgress {
        void message(const std::string& text) override {
            const std::scoped_lock lock(mutex);
            told.push_back(text);
        }
        std::mutex mutex;
        std::vector<std::string> told;
    } listener;
    StrictRegistry there;
    FakeHelper helper;
    const sys::TempDirectory folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "push-").value();
    Store store = Store::open(folder.path()).value();
    const PushedImage image = image_of_texts({long_text(9 * one_mib, 1), long_text(5 * one_mib, 2)});
    // A folder in the place of each record.
    for (const PushedBlob& blob : image.blobs)
        std::filesystem::create_directories(
            store.root() / "uploads" /
            (Sha256::of("ghcr.io/me/x\n" + blob.what.digest.to_string()).hex() + ".json" + "/kept"));
    const auto targets = PushTarget::of({Reference::parse("ghcr.io/me/x:1").value()}, image.digest).value();
    const Client client{.http = there, .runner = helper, .first_pause = std::chrono::milliseconds(1)};
    REQUIRE(push_image(image, targets.front(), {client, store, listener, "docker://ghcr.io/me/x:1"}, {}));
    CHECK(there.manifests.contains("me/x:1"));
    REQUIRE(listener.told.size() == 1);
    CHECK(listener.told.front().find("cannot be gone on with") != std::string::npos);
}

TEST_CASE("a range that cannot be is asked about before anything is sent again") {
    Pusher pusher;
    const std::string said = GENERATE("bytes 0-4194303/9437184", "x", "0-8388607", "7-9");
    int left = 1;
    pusher.there.afterwards = [&](const std::string& what, io::HttpResponse& response) {
        if (what.starts_with("PATCH") && left-- > 0) response.headers["range"] = said;
    };
    const PushedImage image = image_of_texts({long_text(9 * one_mib, 1)});
    const auto pushed = pusher.push(image);
    REQUIRE(pushed);
    CHECK(pushed->sent == 9 * one_mib + 2);
    CHECK(pusher.there.count("DELETE") == 0);
    CHECK(pusher.there.count("GET upload") == 1);
}

TEST_CASE("a blob is begun anew until three times its bytes were sent") {
    Pusher pusher;
    pusher.there.afterwards = [&](const std::string& what, io::HttpResponse& response) {
        if (what.starts_with("PATCH") || what == "GET upload") response.headers["range"] = "x";
    };
    const auto pushed = pusher.push(image_of_texts({long_text(9 * one_mib, 1)}));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("each time that it is begun anew") != std::string::npos);
    CHECK(pushed.error().message.find("HTTP status 204") != std::string::npos);
    CHECK(pusher.there.received <= 32 * one_mib);
    CHECK(pusher.there.uploads.empty());
}

TEST_CASE("a registry that does not say how large a blob is has it all the same") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(5000, 1)});
    REQUIRE(pusher.push(image));
    pusher.there.afterwards = [&](const std::string& what, io::HttpResponse& response) {
        if (what.starts_with("HEAD blobs")) response.headers.erase("content-length");
    };
    const auto pushed = pusher.push(image, {"ghcr.io/me/x:2"});
    REQUIRE(pushed);
    CHECK(pushed->sent == 0);
    CHECK(pushed->found == 2);
}

TEST_CASE("a registry has time to look at all of a blob before it says that it has it") {
    Pusher pusher;
    REQUIRE(pusher.push(image_of_texts({long_text(9 * one_mib, 1)})));
    CHECK(pusher.there.closing_answer == std::chrono::minutes(15));
}

TEST_CASE("what the registry has answered to is remembered at once") {
    Pusher pusher;
    pusher.there.afterwards = [&](const std::string& what, io::HttpResponse&) {
        if (what.starts_with("PATCH")) pusher.stop.request_stop();
    };
    REQUIRE_FALSE(pusher.push(image_of_texts({long_text(9 * one_mib, 1)})));
    std::string record;
    for (const auto& entry : std::filesystem::directory_iterator(pusher.store.root() / "uploads"))
        if (entry.path().extension() == ".json") record += sys::read_file(entry.path()).value();
    INFO(record);
    CHECK(record.find("\"confirmed\":4194304") != std::string::npos);
    CHECK(record.find("state=1") != std::string::npos);
}

TEST_CASE("pieces do not become smaller than the registry's smallest") {
    Pusher pusher;
    pusher.there.least_piece = 3 * one_mib;
    const PushedImage image = image_of_texts({long_text(9 * one_mib, 1)});
    SECTION("it takes those") {
        pusher.there.afterwards = [&](const std::string& what, io::HttpResponse&) {
            if (what.starts_with("PATCH")) pusher.there.most_at_once = 3 * one_mib;
        };
        REQUIRE(pusher.push(image));
        CHECK(pusher.there.count("PATCH upload 3145728") == 1);
        CHECK(pusher.there.count("PATCH upload 2097152") == 1);
        CHECK(pusher.has(image));
    }
    SECTION("it does not") {
        pusher.there.most_at_once = 2 * one_mib;
        const auto pushed = pusher.push(image);
        REQUIRE_FALSE(pushed);
        CHECK(pusher.there.count("PATCH upload 1048576") == 0);
    }
}
