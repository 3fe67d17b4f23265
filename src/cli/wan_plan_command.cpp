// SPDX-License-Identifier: Apache-2.0
// The command wan-plan: a long video as segments, by the calculator that the pod's page asks, too.
#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.hpp"
#include "calculator/video_plan.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "kernel/gpu.hpp"

namespace tmplbuild::cli {
namespace {

using calculator::Segment;
using calculator::VideoModel;
using calculator::VideoPlan;

std::string one_digit(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), std::fmod(value, 1.0) == 0 ? "%.0f" : "%.1f", value);
    return text.data();
}

void print_models() {
    print_row({{"MODEL", 18}, {"FRAMES", 8}, {"DEFAULT", 8}, {"FPS", 4}, {"SIZE", 10}, {"NAME"}});
    for (const VideoModel& model : calculator::video_models())
        print_row({{std::string(model.id), 18},
                   {std::to_string(model.grid.step) + "n+" + std::to_string(model.grid.offset), 8},
                   {std::to_string(model.frames), 8},
                   {std::to_string(model.fps), 4},
                   {std::to_string(model.width) + "x" + std::to_string(model.height), 10},
                   {std::string(model.name)}});
}

void print_plan(const VideoPlan& plan) {
    print_line(std::string(plan.model->name) + ": " + std::to_string(plan.target) + " frames at " +
               one_digit(plan.fps) + " a second (" + human_seconds(static_cast<double>(plan.target) / plan.fps) +
               "), " + std::to_string(plan.width) + "x" + std::to_string(plan.height));
    print_row({{"SEGMENT", 7}, {"FRAMES", 15}, {"SHARED", -6}, {"ADDED", -6}, {"GENERATED", -9}, {"DROPPED", -7}});
    for (const Segment& segment : plan.segments)
        print_row({{std::to_string(segment.index), 7},
                   {std::to_string(segment.first) + " to " + std::to_string(segment.last), 15},
                   {std::to_string(segment.overlap), -6},
                   {std::to_string(segment.added()), -6},
                   {std::to_string(segment.generated), -9},
                   {std::to_string(segment.dropped()), -7}});
    print_line(std::to_string(plan.generated) + " frames are generated; a segment has " + std::to_string(plan.tokens) +
               " tokens");
    if (plan.seconds)
        print_line("Time: " + human_seconds(plan.seconds->low) + " to " + human_seconds(plan.seconds->high) + ", " +
                   plan.seconds->source);
    if (plan.memory) {
        const auto gb = [](double bytes) { return one_digit(std::round(bytes / 1e8) / 10) + " GB"; };
        std::string text = "Memory: ";
        if (plan.memory->low > 0) text += "from " + gb(plan.memory->low) + " with all blocks swapped out";
        if (plan.memory->low > 0 && plan.memory->high > 0) text += " to ";
        if (plan.memory->high > 0) text += gb(plan.memory->high) + " as its makers ran it";
        print_line(text + ", " + plan.memory->source);
    }
    for (const std::string& note : plan.notes) print_line(note);
}

}  // namespace

int run_wan_plan(const Options& options) {
    if (options.models) {
        if (options.json)
            print_json(calculator::models_json());
        else
            print_models();
        return 0;
    }
    calculator::VideoWish wish = options.video;
    if (!options.video_gpu.empty()) {
        const kernel::GpuTarget target = kernel::parse_target(options.video_gpu).value();
        wish.gpu = target.gpu != nullptr ? std::string(target.gpu->product_id) : target.label;
        if (target.gpu != nullptr) wish.gpu_memory_bytes = std::int64_t{target.gpu->memory_gb} * 1'000'000'000;
    }
    const VideoPlan plan = calculator::plan_video(wish).value();
    if (options.json)
        print_json(calculator::to_json(plan));
    else
        print_plan(plan);
    return 0;
}

}  // namespace tmplbuild::cli
