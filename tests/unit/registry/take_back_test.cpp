// SPDX-License-Identifier: Apache-2.0
// An upload that is taken back: asked once, and never waited for longer than a stop.
#include "registry/take_back.hpp"

#include <array>
#include <thread>

#include "fake_registry.hpp"
#include "registry/outgoing_blob.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

TEST_CASE("an upload is taken back by one DELETE, whatever the answer") {
    FakeRegistry fake;
    for (const int status : {204, 404, 500}) {
        fake.seen.clear();
        fake.answer = [status](const io::HttpRequest&, const std::string&) {
            return io::HttpResponse{.status = status, .headers = {}, .body = {}, .final_url = {}};
        };
        const Client client = fake.client();
        Session session(client, Reference::parse("ghcr.io/me/x").value(), Access::push);
        CHECK(take_back_upload(session, "https://ghcr.io/v2/me/x/blobs/uploads/u1?state=a", {}));
        REQUIRE(fake.seen.size() == 1);
        CHECK(fake.seen[0].method == io::HttpMethod::remove);
        CHECK(fake.seen[0].url == "https://ghcr.io/v2/me/x/blobs/uploads/u1?state=a");
    }
}

TEST_CASE("a registry that does not answer is left at a stop") {
    class Silent : public FakeHttp {
      public:
        Result<io::HttpResponse> send(const io::HttpRequest&, std::stop_token stop) override {
            while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
            return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        }
    } silent;
    FakeHelper helper;
    const Client client{.http = silent, .runner = helper};
    Session session(client, Reference::parse("ghcr.io/me/x").value(), Access::push);
    std::stop_source stop;
    const std::jthread later([&stop] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(take_back_upload(session, "https://ghcr.io/u1", stop.get_token()));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(4));
}

TEST_CASE("a stop ends the hashing of what was sent before") {
    const std::string text(1 << 20, 'x');
    const oci::Descriptor what{"", Sha256::of(text), text.size(), "", "", false};
    int reads = 0;
    OutgoingBlob blob(what, [&] {
        return Result<oci::Blob>(oci::Blob{"a", text.size(), [&](std::span<std::byte> into) -> Result<std::size_t> {
                                               ++reads;
                                               std::fill(into.begin(), into.end(), std::byte{'x'});
                                               return into.size();
                                           }});
    });
    std::stop_source stop;
    stop.request_stop();
    blob.end_with(stop.get_token());
    std::array<std::byte, 10> into{};
    const auto got = blob.part(text.size() - 10, 10).read(0, into);
    REQUIRE_FALSE(got);
    CHECK(got.error().kind == ErrorKind::interrupted);
    CHECK(reads == 0);
    CHECK_FALSE(blob.is_damaged());
}
