// SPDX-License-Identifier: Apache-2.0
// The calculator's API says what the calculator says, and names the field that an error is about.
#include "calculator/video_plan.hpp"
#include "console/console_bench.hpp"

namespace tmplbuild::console {
namespace {

struct VideoAsked {
    std::string query;
    calculator::VideoWish wish;
};

calculator::VideoWish wish_of(const std::string& model, std::int64_t frames, std::int64_t overlap) {
    calculator::VideoWish wish;
    wish.model = model;
    wish.frames = frames;
    wish.overlap = overlap;
    return wish;
}

}  // namespace

TEST_CASE("the video plan is the calculator's, for every model and its edges") {
    ConsoleBench bench(true);
    std::vector<VideoAsked> table;
    for (const calculator::VideoModel& model : calculator::video_models())
        for (const std::int64_t overlap : {std::int64_t{0}, std::int64_t{1}, std::int64_t{16}})
            for (const std::int64_t frames : {std::int64_t{1}, model.frames, model.frames + 1, std::int64_t{200}})
                table.push_back({"model=" + std::string(model.id) + "&frames=" + std::to_string(frames) +
                                     "&overlap=" + std::to_string(overlap),
                                 wish_of(std::string(model.id), frames, overlap)});
    calculator::VideoWish original = wish_of("wan22-a14b", 200, 8);
    original.max_frames = 81;
    table.push_back({"frames=200&overlap=8&max_frames=81", original});
    calculator::VideoWish with_gpu;
    with_gpu.model = "wan22-5b";
    with_gpu.seconds = 30;
    with_gpu.fps = 16;
    with_gpu.width = 832;
    with_gpu.height = 480;
    with_gpu.steps = 20;
    with_gpu.guided = false;
    with_gpu.attention_speed = 1.5;
    with_gpu.gpu = "NVIDIA GeForce RTX 4090";
    with_gpu.gpu_memory_bytes = 24'000'000'000;
    table.push_back(
        {"model=wan22-5b&duration=30&fps=16&width=832&height=480&steps=20&guided=0&attention_speed=1.5&"
         "gpu=4090&frames=",
         with_gpu});
    for (const VideoAsked& asked : table) {
        INFO(asked.query);
        const Answer answer = bench.ask({.target = "/api/video-plan?" + asked.query});
        const auto plan = calculator::plan_video(asked.wish);
        REQUIRE(plan);
        CHECK(answer.status == 200);
        CHECK(body_of(answer) == json::compact(calculator::to_json(*plan)) + "\n");
    }
}

TEST_CASE("an error of the calculator names its field") {
    ConsoleBench bench(true);
    const auto field_of = [&](const std::string& query) {
        const Answer answer = bench.ask({.target = "/api/video-plan?" + query});
        CHECK(answer.status == 400);
        CHECK_FALSE(between(body_of(answer), "\"message\":\"", "\"").empty());
        return between(body_of(answer), "\"field\":\"", "\"");
    };
    CHECK(field_of("frames=200&model=wan") == "model");
    CHECK(field_of("") == "frames");
    CHECK(field_of("frames=1&duration=1") == "duration");
    CHECK(field_of("frames=0") == "frames");
    CHECK(field_of("frames=x") == "frames");
    CHECK(field_of("duration=0") == "duration");
    CHECK(field_of("duration=nan") == "duration");
    CHECK(field_of("duration=100000&fps=240") == "duration");
    CHECK(field_of("frames=200&fps=0") == "fps");
    CHECK(field_of("frames=200&max_frames=80") == "max_frames");
    CHECK(field_of("frames=200&overlap=81") == "overlap");
    CHECK(field_of("frames=1000000&overlap=80") == "overlap");
    CHECK(field_of("frames=200&width=833") == "width");
    CHECK(field_of("frames=200&height=1") == "height");
    CHECK(field_of("frames=200&steps=0") == "steps");
    CHECK(field_of("frames=200&attention_speed=5") == "attention_speed");
    CHECK(field_of("frames=200&guided=yes") == "guided");
    CHECK(field_of("frames=200&gpu=Voodoo") == "gpu");
    CHECK(field_of("frames=200&colour=red") == "colour");
}

TEST_CASE("the video calculator's page has its models, and whoever did not sign in has none") {
    ConsoleBench bench;
    CHECK(bench.ask({.target = "/api/video-plan?frames=200"}).status == 401);
    CHECK(bench.ask({.target = "/api/video-models"}).status == 401);
    const HeaderList signed_in{{"cookie", bench.signed_in()}};
    const std::string models = body_of(bench.ask({.target = "/api/video-models", .headers = signed_in}));
    CHECK(models.find("\"minimax-h3\"") != std::string::npos);
    CHECK(models.find("\"RTX 4090\"") != std::string::npos);
    CHECK(models.find("\"pod_gpu\":null") != std::string::npos);
    const Answer page = bench.ask({.target = "/video-calculator", .headers = signed_in});
    CHECK(page.status == 200);
    CHECK(body_of(page).find("minimax-h3") != std::string::npos);
}

}  // namespace tmplbuild::console
