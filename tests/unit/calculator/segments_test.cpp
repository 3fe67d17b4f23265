// SPDX-License-Identifier: Apache-2.0
// Segments cover a video exactly: a table of worked examples, and what holds for every model, length and overlap.
#include "calculator/segments.hpp"

#include "support/catch.hpp"

namespace tmplbuild::calculator {
namespace {

struct Example {
    const char* model;
    std::int64_t target, frames, overlap;
    std::vector<Segment> segments;  // index, first, last, overlap, generated
};

const std::vector<Example> examples = {
    // What the template before this one claimed to be 227 frames, and ended at 219.
    {"wan22-a14b", 200, 81, 8, {{1, 1, 81, 0, 81}, {2, 74, 154, 8, 81}, {3, 147, 200, 8, 57}}},
    {"wan22-a14b", 200, 81, 1, {{1, 1, 81, 0, 81}, {2, 81, 161, 1, 81}, {3, 161, 200, 1, 41}}},
    {"wan22-a14b", 200, 81, 16, {{1, 1, 81, 0, 81}, {2, 66, 146, 16, 81}, {3, 131, 200, 16, 73}}},
    {"wan22-a14b", 200, 81, 0, {{1, 1, 81, 0, 81}, {2, 82, 162, 0, 81}, {3, 163, 200, 0, 41}}},
    {"wan22-a14b", 81, 81, 8, {{1, 1, 81, 0, 81}}},
    {"wan22-a14b", 82, 81, 1, {{1, 1, 81, 0, 81}, {2, 81, 82, 1, 5}}},
    {"wan22-a14b", 82, 81, 80, {{1, 1, 81, 0, 81}, {2, 2, 82, 80, 81}}},
    {"wan22-a14b", 80, 81, 8, {{1, 1, 80, 0, 81}}},
    {"wan22-a14b", 1, 81, 1, {{1, 1, 1, 0, 5}}},
    {"wan22-a14b", 161, 81, 1, {{1, 1, 81, 0, 81}, {2, 81, 161, 1, 81}}},
    {"wan22-5b", 240, 121, 1, {{1, 1, 121, 0, 121}, {2, 121, 240, 1, 121}}},
    {"wan22-animate-14b", 150, 77, 5, {{1, 1, 77, 0, 77}, {2, 73, 149, 5, 77}, {3, 145, 150, 5, 9}}},
    {"wan-animate-2", 150, 77, 1, {{1, 1, 77, 0, 77}, {2, 77, 150, 1, 77}}},
    {"wan21-14b", 100, 81, 16, {{1, 1, 81, 0, 81}, {2, 66, 100, 16, 37}}},
    {"wan21-1.3b", 100, 49, 1, {{1, 1, 49, 0, 49}, {2, 49, 97, 1, 49}, {3, 97, 100, 1, 5}}},
    {"ltx-2", 200, 97, 16, {{1, 1, 97, 0, 97}, {2, 82, 178, 16, 97}, {3, 163, 200, 16, 41}}},
    {"minimax-h3", 200, 124, 1, {{1, 1, 124, 0, 124}, {2, 124, 200, 1, 124}}},
    {"minimax-h3",
     400,
     141,
     16,
     {{1, 1, 141, 0, 141}, {2, 126, 266, 16, 141}, {3, 251, 391, 16, 141}, {4, 376, 400, 16, 124}}},
    {"hunyuan-1.5", 242, 121, 1, {{1, 1, 121, 0, 121}, {2, 121, 241, 1, 121}, {3, 241, 242, 1, 5}}},
    {"hunyuan-1.0", 129, 129, 16, {{1, 1, 129, 0, 129}}},
};

}  // namespace

TEST_CASE("segments are those of the worked examples") {
    for (const Example& example : examples) {
        INFO(example.model << ", " << example.target << " frames, " << example.frames << " with " << example.overlap);
        const auto segments =
            segments_of(**video_model(example.model), example.target, example.frames, example.overlap);
        REQUIRE(segments);
        REQUIRE(segments->size() == example.segments.size());
        for (std::size_t at = 0; at < segments->size(); ++at) {
            INFO("segment " << at + 1 << " goes from " << (*segments)[at].first << " to " << (*segments)[at].last
                            << " and has " << (*segments)[at].generated);
            CHECK((*segments)[at] == example.segments[at]);
        }
    }
    for (const VideoModel& model : video_models())
        CHECK(std::any_of(examples.begin(), examples.end(), [&](const Example& e) { return e.model == model.id; }));
}

TEST_CASE("whatever the model, the length and the overlap, the frames are covered once and exactly") {
    for (const VideoModel& model : video_models())
        for (const std::int64_t overlap : {0, 1, 4, 8, 16, 76})
            for (std::int64_t target = 1; target <= 500; ++target) {
                const auto segments = segments_of(model, target, model.frames, overlap);
                REQUIRE(segments);
                std::int64_t end = 0;
                bool right = true;
                for (const Segment& segment : *segments) {
                    right &= segment.first == end - segment.overlap + 1 && segment.last > end;
                    right &= model.grid.holds(segment.generated) && segment.generated >= model.shortest;
                    right &= segment.generated <= model.frames && segment.dropped() >= 0;
                    right &= segment.overlap == (end == 0 ? 0 : overlap) && segment.added() == segment.last - end;
                    end = segment.last;
                }
                INFO(model.id << ", " << target << " frames, overlap " << overlap);
                REQUIRE((right && end == target));
            }
}

TEST_CASE("the last segment is as short as the model allows") {
    for (const VideoModel& model : video_models())
        for (std::int64_t target = 1; target <= 300; ++target) {
            const auto segments = segments_of(model, target, model.frames, 1);
            const Segment& last = segments->back();
            const bool shortest = last.dropped() < model.grid.step || last.generated == model.shortest;
            INFO(model.id << ", " << target);
            CHECK(shortest);
        }
}

TEST_CASE("numbers that are impossible are refused with those that are possible") {
    const VideoModel& wan = **video_model("wan22-a14b");
    const auto wrong = segments_of(wan, 200, 80, 8);
    REQUIRE(!wrong);
    CHECK(wrong.error().message.find("4n+1") != std::string::npos);
    CHECK(wrong.error().hint == "take 77 or 81");
    CHECK(segments_of(wan, 200, 1, 0).error().hint == "take 5 or 5");
    CHECK(segments_of(**video_model("minimax-h3"), 200, 120, 1).error().hint == "take 124 or 124");
    CHECK_FALSE(segments_of(**video_model("minimax-h3"), 200, 107, 1));
    CHECK_FALSE(segments_of(**video_model("minimax-h3"), 200, 5, 1));
    for (const std::int64_t overlap : {-1, 81, 100}) CHECK_FALSE(segments_of(wan, 200, 81, overlap));
    for (const std::int64_t target : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, most_target_frames + 1, INT64_MAX})
        CHECK_FALSE(segments_of(wan, target, 81, 1));
    for (const std::int64_t frames : {INT64_MIN, std::int64_t{-3}, std::int64_t{0}, INT64_MAX, INT64_MAX - 2})
        CHECK_FALSE(segments_of(wan, 200, frames, 0));
    CHECK_FALSE(segments_of(wan, most_target_frames, 81, 80));
    CHECK(segments_of(wan, most_target_frames, 161, 1));
}

TEST_CASE("an unknown model is refused with the nearest one") {
    CHECK(video_model("wan22-14b").error().hint.find("wan22-a14b") != std::string::npos);
    CHECK(video_model("x").error().hint.find("minimax-h3") != std::string::npos);
}

}  // namespace tmplbuild::calculator
