// SPDX-License-Identifier: Apache-2.0
// One blob on its way: pieces, cuts at every place, offsets that cannot be, and what a later push goes on with.
#include "registry/upload.hpp"

#include <algorithm>

#include "pushed.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace {

constexpr std::uint64_t mib = 1 << 20;

// Nothing of a registry that would make a push wait or try again for long.
std::function<std::optional<Result<io::HttpResponse>>(const std::string&)> answers(std::string what, int status,
                                                                                   int times) {
    return [what = std::move(what), status,
            left = std::make_shared<int>(times)](const std::string& asked) -> std::optional<Result<io::HttpResponse>> {
        if (!asked.starts_with(what) || (*left)-- <= 0) return std::nullopt;
        return io::HttpResponse{.status = status, .headers = {}, .body = {}, .final_url = {}};
    };
}

// The layer's data: the configuration has an upload of its own beside it.
std::string& largest_of(std::map<std::string, StrictRegistry::Upload>& uploads) {
    return std::max_element(
               uploads.begin(), uploads.end(),
               [](const auto& one, const auto& other) { return one.second.data.size() < other.second.data.size(); })
        ->second.data;
}

}  // namespace

TEST_CASE("a blob comes in pieces of the size that the registry is known to take") {
    Pusher pusher;
    pusher.there.most_at_once = 4 * mib;
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    REQUIRE(pusher.push(image));
    CHECK(pusher.has(image));
    CHECK(pusher.there.count("PATCH upload 4194304") == 2);
    CHECK(pusher.there.count("PATCH upload 1048576") == 1);
    CHECK(pusher.there.received == 9 * mib + 2 + image.manifest.size());
}

TEST_CASE("a registry that takes no pieces gets a blob in one PUT, also after a cut") {
    Pusher pusher;
    pusher.there.cuts = {3 * mib};
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    REQUIRE(pusher.push(image, {"eu.gcr.io/me/x:1"}));
    CHECK(pusher.has(image));
    CHECK(pusher.there.count("PATCH") == 0);
    CHECK(pusher.there.count("GET") == 0);
    CHECK(pusher.there.uploads.empty());
}

TEST_CASE("an unknown registry gets pieces when its replies speak of them") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(33 * mib, 1)});
    SECTION("it names uploads as distribution does") {
        REQUIRE(pusher.push(image, {"quay.io/me/x:1"}));
        CHECK(pusher.there.count("PATCH upload 33554432") == 1);
    }
    SECTION("it names a smallest piece") {
        pusher.there.least_piece = 33 * mib - 1;
        REQUIRE(pusher.push(image, {"quay.io/me/x:1"}));
        CHECK(pusher.there.count("PATCH upload 34603007") == 1);
    }
    SECTION("it says nothing") {
        pusher.there.names_uploads = false;
        REQUIRE(pusher.push(image, {"quay.io/me/x:1"}));
        CHECK(pusher.there.count("PATCH") == 0);
        CHECK(pusher.there.count("PUT upload 34603008") == 1);
    }
    CHECK(pusher.has(image));
}

TEST_CASE("pieces become smaller where a registry or a proxy takes less than was known") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    SECTION("a PATCH is refused") {
        pusher.there.most_at_once = mib;
        REQUIRE(pusher.push(image));
        CHECK(pusher.there.count("PATCH upload 1048576") == 9);
    }
    SECTION("a PUT of the whole is refused") {
        pusher.there.names_uploads = false;
        pusher.there.most_at_once = 8 * mib;
        REQUIRE(pusher.push(image, {"quay.io/me/x:1"}));
        CHECK(pusher.there.count("PATCH upload 8388608") == 1);
    }
    CHECK(pusher.has(image));
    CHECK(pusher.there.uploads.empty());
}

TEST_CASE("after a cut a blob goes on where the registry says that it is") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    // In the first piece, at its end, in the last piece, within the manifest.
    const std::uint64_t at = GENERATE(std::uint64_t{2}, mib, 4 * mib + 2, 4 * mib + 7, 9 * mib + 1, 9 * mib + 2 + 5);
    pusher.there.cuts = {at};
    const auto pushed = pusher.push(image);
    if (at > 9 * mib + 2) {
        CHECK_FALSE(pushed);  // io::Http sends a manifest again; this registry is under it
        CHECK(pusher.push(image));
    } else {
        REQUIRE(pushed);
    }
    CHECK(pusher.has(image));
    CHECK(pusher.there.received <= 9 * mib + 2 + 2 * image.manifest.size() + 5);
    CHECK(pusher.there.uploads.empty());
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("a registry that loses what was cut is sent that blob again, and no other") {
    Pusher pusher;
    pusher.there.keeps_parts = false;
    pusher.there.cuts = {5 * mib};
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    REQUIRE(pusher.push(image));
    CHECK(pusher.has(image));
    CHECK(pusher.there.received < 16 * mib);
    CHECK(pusher.there.uploads.empty());
}

TEST_CASE("a new push goes on with what an earlier one left") {
    Pusher pusher;
    pusher.has_configuration();
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    pusher.there.cuts = {7 * mib};
    pusher.there.instead = answers("GET upload", 503, 1000);
    const auto cut = pusher.push(image);
    REQUIRE_FALSE(cut);
    CHECK(cut.error().kind == ErrorKind::network);
    CHECK(pusher.journal_size() != 0);
    CHECK_FALSE(pusher.there.uploads.empty());
    CHECK(pusher.there.count("DELETE") == 0);

    SECTION("from where it was") {
        pusher.there.instead = nullptr;
        const auto pushed = pusher.push(image);
        REQUIRE(pushed);
        CHECK(pushed->sent == 2 * mib);
    }
    SECTION("anew where the registry does not know it any more") {
        pusher.there.uploads.clear();
        pusher.there.instead = nullptr;
        pusher.there.asked.clear();
        const auto pushed = pusher.push(image);
        REQUIRE(pushed);
        CHECK(pushed->sent == 9 * mib);
        CHECK(pusher.there.count("HEAD blobs") == 2);
        CHECK(pusher.there.count("GET upload") == 1);
    }
    SECTION("anew where the offset cannot be") {
        const std::string said = GENERATE("0-8388608", "0-1048575", "0-0", "7-9", "x", "");
        pusher.there.instead = nullptr;
        pusher.there.afterwards = [said](const std::string& what, io::HttpResponse& response) {
            if (what == "GET upload") response.headers["range"] = said;
        };
        const auto pushed = pusher.push(image);
        REQUIRE(pushed);
        CHECK(pushed->sent == 9 * mib);
        CHECK(pusher.there.count("DELETE") == 1);
    }
    SECTION("not at all when it is a week old") {
        for (const auto& entry : std::filesystem::directory_iterator(pusher.store.root() / "uploads"))
            std::filesystem::last_write_time(entry,
                                             std::filesystem::file_time_type::clock::now() - std::chrono::hours(200));
        pusher.there.instead = nullptr;
        const auto pushed = pusher.push(image);
        REQUIRE(pushed);
        CHECK(pushed->sent == 9 * mib);
    }
    SECTION("not at all when its record is damaged") {
        for (const auto& entry : std::filesystem::directory_iterator(pusher.store.root() / "uploads"))
            if (entry.path().extension() == ".json") {
                std::filesystem::remove(entry);
                REQUIRE(sys::write_file_atomic(entry.path(), R"({"of":"another","url":"https://ghcr.io/v2/x"})"));
            }
        pusher.there.instead = nullptr;
        const auto pushed = pusher.push(image);
        REQUIRE(pushed);
        CHECK(pushed->sent == 9 * mib);
    }
    CHECK(pusher.has(image));
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("a registry that still takes what an earlier connection sent is asked again") {
    Pusher pusher;
    pusher.has_configuration();
    const std::string text = long_text(9 * mib, 1);
    const PushedImage image = image_of_texts({text});
    pusher.there.cuts = {2 * mib};
    pusher.there.instead = answers("GET upload", 503, 1000);
    REQUIRE_FALSE(pusher.push(image));
    int late = 3;
    pusher.there.instead = [&](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (!what.starts_with("PATCH") || late-- <= 0) return std::nullopt;
        std::string& data = largest_of(pusher.there.uploads);
        data += text.substr(data.size(), 1000);
        return io::HttpResponse{.status = 416, .headers = {}, .body = {}, .final_url = {}};
    };
    REQUIRE(pusher.push(image));
    CHECK(pusher.has(image));
    CHECK(pusher.there.count("DELETE") == 0);
    CHECK(pusher.there.count("PATCH upload 1048576") < 2);  // no piece was taken for too large
}

TEST_CASE("a stop leaves what a later push goes on with") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    pusher.there.afterwards = [&](const std::string& what, io::HttpResponse&) {
        if (what.starts_with("PATCH")) pusher.stop.request_stop();
    };
    const auto stopped = pusher.push(image);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == ErrorKind::interrupted);
    CHECK(pusher.journal_size() != 0);
    pusher.there.afterwards = nullptr;
    pusher.stop = {};
    const auto pushed = pusher.push(image);
    REQUIRE(pushed);
    CHECK(pushed->sent <= 5 * mib + 2);
    CHECK(pusher.has(image));
}

TEST_CASE("a registry that takes less than it was sent is sent the rest") {
    Pusher pusher;
    int left = 1;
    pusher.there.afterwards = [&](const std::string& what, io::HttpResponse& response) {
        if (!what.starts_with("PATCH") || left-- <= 0) return;
        largest_of(pusher.there.uploads).resize(3 * mib);
        response.headers["range"] = "0-" + std::to_string(3 * mib - 1);
    };
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    const auto pushed = pusher.push(image);
    REQUIRE(pushed);
    CHECK(pushed->sent == 10 * mib + 2);
    CHECK(pusher.has(image));
}

TEST_CASE("an answer that is lost is not a blob that is lost") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    bool is_lost = false;
    pusher.there.afterwards = [&](const std::string& what, io::HttpResponse& response) {
        if (what == "PUT upload" && !std::exchange(is_lost, true)) response.status = 502;
    };
    const auto pushed = pusher.push(image);
    REQUIRE(pushed);
    CHECK(pushed->sent == 9 * mib + 2);
    CHECK(pusher.has(image));
}

TEST_CASE("a registry with faults is tried again, and given up when they do not end") {
    Pusher pusher;
    const PushedImage image = image_of_texts({long_text(9 * mib, 1)});
    const std::string what = GENERATE("POST", "PATCH", "PUT upload", "HEAD blobs");
    SECTION("they end") {
        pusher.there.instead = answers(what, 502, 4);
        REQUIRE(pusher.push(image));
        CHECK(pusher.has(image));
    }
    SECTION("they do not") {
        pusher.there.instead = answers(what, 502, 1000);
        const auto pushed = pusher.push(image);
        REQUIRE_FALSE(pushed);
        CHECK(pushed.error().kind == ErrorKind::network);
        CHECK(pusher.there.count(what) < 15);
        pusher.there.instead = nullptr;
        REQUIRE(pusher.push(image));
    }
    CHECK(pusher.there.uploads.empty());
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("a registry that asks for a long wait is not asked again") {
    Pusher pusher;
    pusher.there.instead = [](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (!what.starts_with("PATCH")) return std::nullopt;
        return io::HttpResponse{.status = 429, .headers = {{"retry-after", "600"}}, .body = {}, .final_url = {}};
    };
    const auto pushed = pusher.push(image_of_texts({long_text(9 * mib, 1)}));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("it asks to wait 10 min") != std::string::npos);
    CHECK(pusher.there.count("PATCH") == 1);
    CHECK(pusher.journal_size() != 0);
}

TEST_CASE("a registry that never keeps an upload is given up") {
    Pusher pusher;
    pusher.there.instead = answers("PATCH", 404, 1000);
    const auto pushed = pusher.push(image_of_texts({long_text(9 * mib, 1)}));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("each time that it is begun anew") != std::string::npos);
    CHECK(pusher.there.uploads.empty());
}

TEST_CASE("an upload that leads where no connection may lead is refused at once") {
    Pusher pusher;
    pusher.there.instead = [](const std::string& what) -> std::optional<Result<io::HttpResponse>> {
        if (!what.starts_with("P") || what.starts_with("POST")) return std::nullopt;
        Error inside = network_error("it leads to a private network");
        inside.os_code = EACCES;
        return inside;
    };
    const auto pushed = pusher.push(image_of_texts({long_text(100, 1)}));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message == "it leads to a private network");
    CHECK(pusher.there.count("PATCH") + pusher.there.count("PUT") <= 2);  // of the layer and of the configuration
    CHECK(pusher.journal_size() == 0);
}

TEST_CASE("an upload that leads to plain http is refused") {
    Pusher pusher;
    pusher.there.afterwards = [](const std::string& what, io::HttpResponse& response) {
        if (what.starts_with("POST")) response.headers["location"] = "http://ghcr.io/v2/me/x/blobs/uploads/u1";
    };
    const auto pushed = pusher.push(image_of_texts({long_text(100, 1)}));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().message.find("is not https") != std::string::npos);
    CHECK(pusher.there.received == 0);
}
