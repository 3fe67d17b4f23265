// SPDX-License-Identifier: Apache-2.0
#include "oci/pull_forecast.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::oci;

namespace {

BuiltLayer layer(const std::string& name, std::uint64_t size) {
    BuiltLayer out;
    out.digest = Sha256::of(name);
    out.size = size;
    return out;
}

}  // namespace

TEST_CASE("a pull is what a host has to fetch: each layer once, and none that it has") {
    const std::vector<BuiltLayer> layers = {layer("base", 5'000'000'000), layer("a", 970'000'000),
                                            layer("a", 970'000'000), layer("b", 970'000'000)};
    const PullForecast all = forecast_pull(layers, {});
    CHECK(all.size == 6'940'000'000U);
    CHECK(all.layers == 3);
    CHECK(all.on_hosts == 0);
    const PullForecast rest = forecast_pull(layers, {layers[0].digest, Sha256::of("another")});
    CHECK(rest.size == 1'940'000'000U);
    CHECK(rest.layers == 2);
    CHECK(rest.on_hosts == 5'000'000'000U);
    CHECK(rest.slowest() == 20);
    CHECK(rest.to_string() == "1.9 GB in 2 layers, about 8.5 s to 20 s on a host that has the base's 5.0 GB already");
    CHECK(forecast_pull({layers[1]}, {}).to_string() ==
          "970.0 MB in 1 layer, about 4.3 s to 10 s on a host that has none of them");
}

TEST_CASE("layers on hosts are read from their annotation, and nonsense in it counts for nothing") {
    const std::set<Digest> layers = {Sha256::of("a"), Sha256::of("b")};
    CHECK(layers_in_list(list_of(layers)) == layers);
    CHECK(layers_in_list("").empty());
    CHECK(layers_in_list("sha256:12,x,," + Sha256::of("a").to_string()) == std::set<Digest>{Sha256::of("a")});
}
