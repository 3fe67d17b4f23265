// SPDX-License-Identifier: Apache-2.0
// The video calculator: from what somebody wants to see to the segments, their sizes, time and memory. The console's
// page and `tmplbuild wan-plan` both ask this. Pure: what it is asked is all that it knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "calculator/cost.hpp"
#include "calculator/segments.hpp"

namespace tmplbuild::calculator {

// What is left out is the model's own.
struct VideoWish {
    std::string model = "wan22-a14b";
    std::optional<std::int64_t> frames{};      // of the whole video; exactly one of these two
    std::optional<double> seconds{};           // 0.01..100'000
    std::optional<double> fps{};               // 1..240
    std::optional<std::int64_t> max_frames{};  // of a segment
    std::int64_t overlap = 1;
    std::optional<std::int64_t> width{}, height{};
    std::optional<std::int64_t> steps{};  // 1..1000
    bool guided = true;
    double attention_speed = 1;         // 1..4
    std::string gpu{};                  // a product name; empty: nothing is said about time
    std::int64_t gpu_memory_bytes = 0;  // 0: not known
};

struct VideoPlan {
    const VideoModel* model = nullptr;
    double fps = 0;
    std::int64_t target = 0, frames = 0, overlap = 0, width = 0, height = 0, steps = 0;
    std::vector<Segment> segments;
    std::int64_t generated = 0;      // frames of all segments
    std::int64_t tokens = 0;         // of a whole segment
    std::optional<Range> seconds{};  // of all segments
    std::optional<Range> memory{};   // of a whole segment
    std::vector<std::string> notes;  // sentences: what is unusual, what is not known
};

// Errors name the field by the name that it has here. `wrong`: where there is an error, the name of the member of
// VideoWish that it is about, for a form.
Result<VideoPlan> plan_video(const VideoWish& wish, std::string* wrong = nullptr);
json::object to_json(const VideoPlan& plan);
json::array models_json();

}  // namespace tmplbuild::calculator
