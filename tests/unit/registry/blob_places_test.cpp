// SPDX-License-Identifier: Apache-2.0
// What is known of where a registry has blobs.
#include "registry/blob_places.hpp"

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace {

struct Places {
    sys::TempDirectory folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "places-").value();
    Store store = Store::open(folder.path()).value();

    std::string repository_of(const std::string& blob, const std::string& host = "ghcr.io") const {
        return BlobPlaces(store, host).repository_of(Sha256::of(blob));
    }
};

}  // namespace

TEST_CASE("what is noted of a registry's blobs is known later, of this registry alone") {
    const Places places;
    BlobPlaces noted(places.store, "ghcr.io");
    noted.note(Sha256::of("a"), "me/x");
    CHECK(places.repository_of("a").empty());
    REQUIRE(noted.save());
    CHECK(places.repository_of("a") == "me/x");
    CHECK(places.repository_of("a", "quay.io").empty());
    noted.note(Sha256::of("a"), "me/y");
    REQUIRE(noted.save());
    CHECK(places.repository_of("a") == "me/y");
}

TEST_CASE("what others note while a push goes on stays") {
    const Places places;
    BlobPlaces push(places.store, "ghcr.io"), other(places.store, "ghcr.io");
    push.note(Sha256::of("a"), "me/x");
    other.note(Sha256::of("b"), "me/cache");
    REQUIRE(other.save());
    REQUIRE(push.save());
    CHECK(places.repository_of("a") == "me/x");
    CHECK(places.repository_of("b") == "me/cache");
}

TEST_CASE("knowledge of too many blobs begins anew with what is new") {
    const Places places;
    BlobPlaces noted(places.store, "ghcr.io");
    for (int n = 0; n < 4000; ++n) noted.note(Sha256::of(std::to_string(n)), "me/x");
    REQUIRE(noted.save());
    CHECK(places.repository_of("7") == "me/x");
    noted.note(Sha256::of("one more"), "me/x");
    REQUIRE(noted.save());
    CHECK(places.repository_of("one more") == "me/x");
    CHECK(places.repository_of("7").empty());
}
