// SPDX-License-Identifier: Apache-2.0
// The pod in Prometheus' text format (prometheus.io, "Exposition formats", 0.0.4): the answer of GET /metrics, made
// from the view. What is not known is left out. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/json.hpp"

namespace tmplbuild::console {

struct ConsoleCounts {
    std::uint64_t requests = 0, refused = 0;
    std::size_t watchers = 0;
    std::uint64_t wrong_passwords = 0;
};

std::string metrics_text(const json::object& view, const ConsoleCounts& counts);

}  // namespace tmplbuild::console
