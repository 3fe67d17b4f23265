// SPDX-License-Identifier: Apache-2.0
// Tokens, time and memory against figures that others published.
#include "calculator/cost.hpp"

#include "calculator/video_plan.hpp"
#include "support/catch.hpp"

namespace tmplbuild::calculator {
namespace {

std::int64_t tokens_of(const char* model, std::int64_t frames, std::int64_t width, std::int64_t height) {
    return tokens(**video_model(model), {frames, width, height});
}

VideoWish wish(std::int64_t frames) {
    VideoWish wish;
    wish.frames = frames;
    return wish;
}

}  // namespace

TEST_CASE("tokens are those that others logged") {
    CHECK(tokens_of("wan22-a14b", 121, 480, 768) == 44'640);  // ComfyUI-WanVideoWrapper issue 1272
    CHECK(tokens_of("wan22-a14b", 81, 1280, 720) == 75'600);
    CHECK(tokens_of("wan22-a14b", 81, 832, 480) == 32'760);
    CHECK(tokens_of("wan22-5b", 121, 1280, 704) == 27'280);
}

TEST_CASE("latent frames follow each model's own formula") {
    const auto latents = [](const char* model, std::int64_t frames) {
        return latent_frames(**video_model(model), frames);
    };
    CHECK(latents("wan22-a14b", 81) == 21);
    CHECK(latents("wan22-a14b", 5) == 2);
    CHECK(latents("ltx-2", 97) == 13);
    CHECK(latents("minimax-h3", 124) == 37);
    CHECK(latents("minimax-h3", 22) == 7);
    CHECK(latents("hunyuan-1.5", 121) == 31);
}

TEST_CASE("the published times lie in the range that is said") {
    const struct {
        const char* model;
        std::int64_t width, height;
        const char* gpu;
        double seconds;
    } rows[] = {
        {"wan22-a14b", 832, 480, "NVIDIA H100 80GB HBM3", 326.9},
        {"wan22-a14b", 1280, 720, "NVIDIA H100 80GB HBM3", 1041.5},
        {"wan22-a14b", 832, 480, "NVIDIA A100-SXM4-80GB", 785.7},
        {"wan22-a14b", 1280, 720, "NVIDIA A100-SXM4-80GB", 2735.7},
        {"wan22-a14b", 832, 480, "NVIDIA H20", 1133.9},
        {"wan22-a14b", 1280, 720, "NVIDIA H20", 4048.7},
        {"wan22-5b", 1280, 704, "NVIDIA GeForce RTX 4090", 534.7},
    };
    for (const auto& row : rows) {
        INFO(row.model << " " << row.width << " on " << row.gpu);
        const VideoModel& model = **video_model(row.model);
        const auto work = operations(model, {model.frames, row.width, row.height}, model.steps, true);
        const auto range = seconds(*work, row.gpu, 1);
        REQUIRE(range);
        INFO(range->low << " to " << range->high);
        CHECK(range->low <= row.seconds * 1.01);
        CHECK(range->high >= row.seconds * 0.99);
        CHECK(range->high < 1.5 * range->low);
    }
}

TEST_CASE("a faster kernel helps by its part of the work") {
    const VideoModel& model = **video_model("wan22-a14b");
    const auto gain = [&](std::int64_t width, std::int64_t height, double speed) {
        const auto work = operations(model, {81, width, height}, 40, true);
        return seconds(*work, "NVIDIA H20", 1)->low / seconds(*work, "NVIDIA H20", speed)->low;
    };
    CHECK(gain(1280, 720, 2) == Approx(1.56).margin(0.02));
    CHECK(gain(832, 480, 2) == Approx(1.36).margin(0.02));
    CHECK(gain(1280, 720, 3) == Approx(1.92).margin(0.02));
    CHECK(gain(832, 480, 3) == Approx(1.55).margin(0.02));
}

TEST_CASE("what nobody published is not said") {
    const VideoModel& model = **video_model("wan22-a14b");
    const auto work = operations(model, {81, 832, 480}, 40, true);
    for (const char* gpu : {"", "NVIDIA GeForce RTX 5090", "NVIDIA H200", "NVIDIA GeForce RTX 4090 D", "NVIDIA H2000",
                            "NVIDIA GeForce RTX 4090 Laptop GPU"})
        CHECK_FALSE(seconds(*work, gpu, 1));
    CHECK_FALSE(operations(**video_model("ltx-2"), {97, 1280, 704}, 20, true));
    CHECK_FALSE(operations(model, {81, 832, 480}, 0, true));
    CHECK_FALSE(memory_bytes(**video_model("minimax-h3"), {124, 1344, 768}));
    CHECK_FALSE(memory_bytes(model, {161, 832, 480}));
    CHECK_FALSE(memory_bytes(model, {81, 1920, 1088}));
    CHECK(memory_bytes(model, {81, 832, 480})->high == Approx(41.3e9));
    CHECK(memory_bytes(model, {81, 1280, 720})->high == Approx(59.8e9));
    CHECK(memory_bytes(model, {81, 640, 640})->high == Approx(59.8e9));
}

TEST_CASE("a plan counts what it was asked for, and says what is unusual") {
    VideoWish thirty;
    thirty.seconds = 30;
    thirty.gpu = "NVIDIA GeForce RTX 4090";
    thirty.gpu_memory_bytes = 24'000'000'000;
    thirty.width = 832;
    thirty.height = 480;
    const auto plan = plan_video(thirty);
    REQUIRE(plan);
    CHECK(plan->target == 480);
    CHECK(plan->segments.size() == 6);
    CHECK(plan->segments.back().last == 480);
    CHECK(plan->seconds);
    CHECK(std::any_of(plan->notes.begin(), plan->notes.end(),
                      [](const std::string& note) { return note.find("swapped out") != std::string::npos; }));
    VideoWish longer = wish(300);
    longer.max_frames = 161;
    longer.fps = 24;
    longer.overlap = 0;
    longer.gpu = "NVIDIA GeForce RTX 5090";
    CHECK(plan_video(longer)->notes.size() == 4);
    CHECK(plan_video(wish(81))->notes.empty());
}

TEST_CASE("a wish that cannot be is refused, with what can") {
    VideoWish both = wish(81);
    both.seconds = 1;
    CHECK_FALSE(plan_video(both));
    CHECK_FALSE(plan_video(VideoWish{}));
    for (const double seconds : {0.0, -1.0, 1e9, std::nan("")}) {
        VideoWish bad;
        bad.seconds = seconds;
        CHECK_FALSE(plan_video(bad));
    }
    for (const double fps : {0.0, 241.0, std::nan("")}) {
        VideoWish bad = wish(81);
        bad.fps = fps;
        CHECK_FALSE(plan_video(bad));
    }
    for (const std::int64_t width : {INT64_MIN, std::int64_t{0}, std::int64_t{100}, std::int64_t{32'768}, INT64_MAX}) {
        VideoWish bad = wish(81);
        bad.width = width;
        CHECK_FALSE(plan_video(bad));
    }
    VideoWish size = wish(81);
    size.width = 850;
    CHECK(plan_video(size).error().hint == "take 848 or 864");
    VideoWish five = wish(81);
    five.model = "wan22-5b";
    five.height = 720;  // it wants multiples of 32
    CHECK(plan_video(five).error().hint == "take 704 or 736");
}

TEST_CASE("a plan as JSON says null where nothing is known") {
    VideoWish h3 = wish(200);
    h3.model = "minimax-h3";
    const json::object text = to_json(*plan_video(h3));
    CHECK(text.at("seconds").is_null());
    CHECK(text.at("memory_bytes").is_null());
    CHECK(text.at("steps").is_null());
    CHECK(text.at("segments").as_array().size() == 2);
    CHECK(models_json().size() == video_models().size());
}

}  // namespace tmplbuild::calculator
