// SPDX-License-Identifier: Apache-2.0
// The state of the volume: whether it can be written, and how much of it is used. measure_volume() runs in a worker
// process, since a frozen network volume holds whoever touches it; the console gives that process two seconds and reads
// its lines with judge_volume(). The web process never calls measure_volume().
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild::console {

struct VolumeFigures {
    std::string state = "unknown";  // ok, frozen, full, read-only, missing, unknown
    std::string reason{};
    std::optional<std::uint64_t> used{}, total{};  // bytes
    bool operator==(const VolumeFigures&) const = default;
};

// The worker's part: gives lines of JSON to `say`, the sizes first, since they are known even where nothing can be
// written. Writes a file of 4 KiB and removes it.
void measure_volume(const std::string& folder, const std::function<void(const std::string& line)>& say);

// What the worker's lines mean. `late`: it did not end in time. `folder` is named in reasons.
VolumeFigures judge_volume(std::string_view lines, bool late, const std::string& folder);

}  // namespace tmplbuild::console
