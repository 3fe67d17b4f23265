// SPDX-License-Identifier: Apache-2.0
#include "engine/pull_limit.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

BuiltLayer named_layer(const std::string& comment, std::uint64_t size) {
    BuiltLayer out;
    out.digest = Sha256::of(comment);
    out.size = size;
    out.comment = comment;
    return out;
}

std::string refusal_of(const PlannedImage& image, const std::vector<BuiltLayer>& layers,
                       const std::set<Digest>& on_hosts) {
    try {
        refuse_large_pull(image, layers, on_hosts);
    } catch (const BuildError& error) {
        return error.errors().front().message + "\n" + error.errors().front().detail;
    }
    return "";
}

}  // namespace

TEST_CASE("an image over its limit is refused with its largest layers, and the hosts' own do not count") {
    const std::vector<BuiltLayer> layers = {named_layer("base debian", 3'000'000'000),
                                            named_layer("torch", 2'000'000'000), named_layer("nodes", 500'000'000)};
    PlannedImage image;
    CHECK(refusal_of(image, layers, {}).empty());
    image.max_pull_size = 5'500'000'000;
    CHECK(refusal_of(image, layers, {}).empty());
    image.max_pull_size = 4'000'000'000;
    CHECK(
        refusal_of(image, layers, {}) ==
        "a host would fetch 5.5 GB in 3 layers, about 24 s to 57 s on a host that has none of them, and max_pull_size "
        "under [image] allows 4.0 GB\n3.0 GB  base debian\n2.0 GB  torch\n500.0 MB  nodes");
    CHECK(refusal_of(image, layers, {layers[0].digest}).empty());
    image.max_pull_size = 2'000'000'000;
    CHECK(refusal_of(image, layers, {layers[0].digest}).ends_with("\n2.0 GB  torch\n500.0 MB  nodes"));
}
