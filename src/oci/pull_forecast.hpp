// SPDX-License-Identifier: Apache-2.0
// How much a machine that has nothing of an image fetches before it can start it, and about how long that takes. A pure
// estimate from sizes: `plan`, `inspect` and the limit of a template ask for it. It never measures anything.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "store/built_layer.hpp"

namespace tmplbuild::oci {

struct PullForecast {
    std::uint64_t size = 0;      // bytes to fetch, compressed
    std::size_t layers = 0;      // of these bytes
    std::uint64_t on_hosts = 0;  // bytes of the layers that the hosts are known to have

    // Compressed bytes a second, fetched and unpacked: 16.3 GB took 165 to 169 s, and 6.8 GB took 30 s, on hosts of
    // RunPod (github.com/Crazytieguy/alignment-hive, issue 98).
    static constexpr double slow_rate = 97e6, fast_rate = 227e6;
    double fastest() const { return static_cast<double>(size) / fast_rate; }  // seconds
    double slowest() const { return static_cast<double>(size) / slow_rate; }
    json::object to_json() const;
    std::string to_string() const;  // "230.1 MB in 9 layers, about 1.0 s to 2.4 s on a host that has none of them"
};

// A layer that stands twice in an image is fetched once.
PullForecast forecast_pull(const std::vector<BuiltLayer>& layers, const std::set<Digest>& on_hosts);

// The manifest's annotation that names layers which hosts have: their digests, with commas between.
inline constexpr const char* on_hosts_annotation = "dev.tmplbuild.layers-on-hosts";
std::string list_of(const std::set<Digest>& layers);
// What is no digest there is passed over: the annotation only makes an estimate smaller.
std::set<Digest> layers_in_list(const std::string& annotation);

}  // namespace tmplbuild::oci
