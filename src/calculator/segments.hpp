// SPDX-License-Identifier: Apache-2.0
// A long video as a row of segments, each made by one run of a model, that share some frames with the one before and
// together are exactly the frames that are wanted. Used by video_plan. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.hpp"
#include "calculator/video_models.hpp"

namespace tmplbuild::calculator {

inline constexpr std::int64_t most_target_frames = 1'000'000;
inline constexpr std::int64_t most_segments = 10'000;

// Frames are counted from 1. The frames that a segment adds to the video are those from `first + overlap` to `last`.
struct Segment {
    std::int64_t index = 1;
    std::int64_t first = 1, last = 1;  // where it lies in the video, shared frames included
    std::int64_t overlap = 0;          // its first frames, which are the last ones of the segment before
    std::int64_t generated = 0;        // what the model is asked for: a number of its grid
    std::int64_t added() const { return last - first + 1 - overlap; }
    std::int64_t dropped() const { return generated - (last - first + 1); }  // made beyond the end, and thrown away
    bool operator==(const Segment&) const = default;
};

// The errors say which numbers are possible.
Result<void> check_target(std::int64_t target);
Result<void> check_segment_frames(const VideoModel& model, std::int64_t frames);
// Of a target and frames that are right.
Result<void> check_overlap(std::int64_t target, std::int64_t frames, std::int64_t overlap);

// `frames`: of each segment, a number of the model's grid; the last segment may be shorter. `overlap`: below `frames`.
// The errors are those of the checks above.
Result<std::vector<Segment>> segments_of(const VideoModel& model, std::int64_t target, std::int64_t frames,
                                         std::int64_t overlap);

}  // namespace tmplbuild::calculator
