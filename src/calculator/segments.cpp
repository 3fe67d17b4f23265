// SPDX-License-Identifier: Apache-2.0
#include "calculator/segments.hpp"

#include <algorithm>
#include <string>

namespace tmplbuild::calculator {
namespace {

std::string name_of(const FrameGrid& grid) { return std::to_string(grid.step) + "n+" + std::to_string(grid.offset); }

}  // namespace

Result<void> check_target(std::int64_t target) {
    if (target >= 1 && target <= most_target_frames) return {};
    return usage_error("a video has 1 to " + std::to_string(most_target_frames) + " frames, not " +
                       std::to_string(target));
}

Result<void> check_segment_frames(const VideoModel& model, std::int64_t frames) {
    if (frames <= most_target_frames && model.grid.holds(frames) && frames >= model.shortest) return {};
    return usage_error(
        std::string(model.name) + " makes " + name_of(model.grid) + " frames, " + std::to_string(model.shortest) +
            " at least, not " + std::to_string(frames),
        "take " + std::to_string(std::max(model.shortest, model.grid.at_most(frames))) + " or " +
            std::to_string(std::max(model.shortest, model.grid.at_least(std::min(frames, most_target_frames)))));
}

Result<void> check_overlap(std::int64_t target, std::int64_t frames, std::int64_t overlap) {
    if (overlap < 0 || overlap >= frames)
        return usage_error("segments of " + std::to_string(frames) + " frames can share 0 to " +
                           std::to_string(frames - 1) + " frames, not " + std::to_string(overlap));
    if ((target - overlap) / (frames - overlap) > most_segments)
        return usage_error("this would be more than " + std::to_string(most_segments) + " segments",
                           "let them share fewer frames, or be longer");
    return {};
}

Result<std::vector<Segment>> segments_of(const VideoModel& model, std::int64_t target, std::int64_t frames,
                                         std::int64_t overlap) {
    if (const auto right = check_target(target); !right) return right.error();
    if (const auto right = check_segment_frames(model, frames); !right) return right.error();
    if (const auto right = check_overlap(target, frames, overlap); !right) return right.error();
    std::vector<Segment> segments;
    for (std::int64_t first = 1; segments.empty() || segments.back().last < target; first += frames - overlap) {
        Segment segment;
        segment.index = static_cast<std::int64_t>(segments.size()) + 1;
        segment.first = first;
        segment.last = std::min(first + frames - 1, target);
        segment.overlap = segments.empty() ? 0 : overlap;
        const std::int64_t used = segment.last - first + 1;
        segment.generated = std::max(model.shortest, model.grid.at_least(used));
        segments.push_back(segment);
    }
    return segments;
}

}  // namespace tmplbuild::calculator
