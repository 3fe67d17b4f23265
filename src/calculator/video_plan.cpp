// SPDX-License-Identifier: Apache-2.0
#include "calculator/video_plan.hpp"

#include <cmath>

#include "base/text.hpp"

namespace tmplbuild::calculator {
namespace {

Result<std::int64_t> target_of(const VideoWish& wish, double fps) {
    if (wish.frames.has_value() == wish.seconds.has_value())
        return usage_error("a video needs its length either in frames or in seconds",
                           "give exactly one of 'frames' and 'seconds'");
    if (wish.frames) return *wish.frames;
    if (!(*wish.seconds >= 0.01 && *wish.seconds <= 100'000)) return usage_error("'seconds' is 0.01 to 100000");
    return std::max<std::int64_t>(1, std::llround(*wish.seconds * fps));
}

Result<void> check_size(const VideoModel& model, std::string_view field, std::int64_t size) {
    if (size >= model.size_multiple && size <= 16'384 && size % model.size_multiple == 0) return {};
    const std::int64_t below = std::max<std::int64_t>(1, std::min<std::int64_t>(size, 16'384) / model.size_multiple);
    return usage_error("'" + std::string(field) + "' is a multiple of " + std::to_string(model.size_multiple) +
                           " for " + std::string(model.name) + ", not " + std::to_string(size),
                       "take " + std::to_string(below * model.size_multiple) + " or " +
                           std::to_string((below + 1) * model.size_multiple));
}

void add_notes(VideoPlan& plan, const VideoWish& wish) {
    const VideoModel& model = *plan.model;
    if (model.longest != 0 && plan.frames > model.longest)
        plan.notes.push_back("Its makers made at most " + std::to_string(model.longest) +
                             " frames at once with it: longer segments tend to repeat or drift.");
    if (std::abs(plan.fps - static_cast<double>(model.fps)) > 0.001)
        plan.notes.push_back("The model moves at " + std::to_string(model.fps) +
                             " frames a second: played at another rate, motion is slower or faster.");
    if (plan.overlap == 0 && plan.segments.size() > 1)
        plan.notes.emplace_back("Segments that share no frame do not continue each other.");
    if (!wish.gpu.empty() && !plan.seconds)
        plan.notes.push_back(plan.steps == 0 || !model.transformer
                                 ? "How long it takes is not known: the sizes of this model are not published."
                                 : "How long it takes on '" + wish.gpu +
                                       "' is not known: nobody published times for it.");
    if (plan.memory && wish.gpu_memory_bytes > 0) {
        const auto has = static_cast<double>(wish.gpu_memory_bytes);
        if (plan.memory->high > 0 && has >= plan.memory->high)
            plan.notes.emplace_back("It fits into this GPU's memory as the makers ran it.");
        else if (plan.memory->low > 0 && has >= plan.memory->low)
            plan.notes.emplace_back("It fits into this GPU's memory with blocks swapped out, which is slower.");
        else if (plan.memory->low > 0)
            plan.notes.emplace_back("It does not fit into this GPU's memory, also with all blocks swapped out.");
    }
}

void add_cost(VideoPlan& plan, const VideoWish& wish) {
    const Shape whole{plan.frames, plan.width, plan.height};
    plan.tokens = tokens(*plan.model, whole);
    plan.memory = memory_bytes(*plan.model, whole);
    Range sum;
    for (const Segment& segment : plan.segments) {
        plan.generated += segment.generated;
        const auto work =
            operations(*plan.model, {segment.generated, plan.width, plan.height}, plan.steps, wish.guided);
        const auto time = work ? seconds(*work, wish.gpu, wish.attention_speed) : std::nullopt;
        if (!time) continue;
        sum = {sum.low + time->low, sum.high + time->high, time->source};
    }
    if (sum.high > 0) plan.seconds = sum;
}

json::value range_json(const std::optional<Range>& range) {
    if (!range) return nullptr;
    const auto number = [](double value) { return value > 0 ? json::value(value) : json::value(nullptr); };
    return json::object{{"low", number(range->low)}, {"high", number(range->high)}, {"source", range->source}};
}

// `field` is the member of the wish that is looked at, so that an error is about it.
Result<VideoPlan> planned(const VideoWish& wish, const char*& field) {
    field = "model";
    const auto model = video_model(wish.model);
    if (!model) return model.error();
    VideoPlan plan;
    plan.model = *model;
    field = "fps";
    plan.fps = wish.fps.value_or(static_cast<double>(plan.model->fps));
    if (!(plan.fps >= 1 && plan.fps <= 240)) return usage_error("'fps' is 1 to 240");
    field = wish.seconds ? "seconds" : "frames";
    const auto target = target_of(wish, plan.fps);
    if (!target) return target.error();
    plan.target = *target;
    plan.frames = wish.max_frames.value_or(plan.model->frames);
    plan.overlap = wish.overlap;
    plan.width = wish.width.value_or(plan.model->width);
    plan.height = wish.height.value_or(plan.model->height);
    plan.steps = wish.steps.value_or(plan.model->steps);
    field = "width";
    if (const auto right = check_size(*plan.model, "width", plan.width); !right) return right.error();
    field = "height";
    if (const auto right = check_size(*plan.model, "height", plan.height); !right) return right.error();
    field = "steps";
    if (wish.steps && (*wish.steps < 1 || *wish.steps > 1000)) return usage_error("'steps' is 1 to 1000");
    field = "attention_speed";
    if (!(wish.attention_speed >= 1 && wish.attention_speed <= 4)) return usage_error("'attention_speed' is 1 to 4");
    field = wish.seconds ? "seconds" : "frames";
    if (const auto right = check_target(plan.target); !right) return right.error();
    field = "max_frames";
    if (const auto right = check_segment_frames(*plan.model, plan.frames); !right) return right.error();
    field = "overlap";
    auto segments = segments_of(*plan.model, plan.target, plan.frames, plan.overlap);
    if (!segments) return segments.error();
    plan.segments = std::move(*segments);
    return plan;
}

}  // namespace

Result<VideoPlan> plan_video(const VideoWish& wish, std::string* wrong) {
    const char* field = "";
    auto plan = planned(wish, field);
    if (!plan) {
        if (wrong != nullptr) *wrong = field;
        return plan;
    }
    add_cost(*plan, wish);
    add_notes(*plan, wish);
    return plan;
}

json::object to_json(const VideoPlan& plan) {
    json::array segments;
    for (const Segment& segment : plan.segments)
        segments.push_back(json::object{{"index", segment.index},
                                        {"first", segment.first},
                                        {"last", segment.last},
                                        {"overlap", segment.overlap},
                                        {"added", segment.added()},
                                        {"generated", segment.generated},
                                        {"dropped", segment.dropped()}});
    json::array notes;
    for (const std::string& note : plan.notes) notes.emplace_back(note);
    return json::object{{"model", plan.model->id},
                        {"name", plan.model->name},
                        {"source", plan.model->source},
                        {"fps", plan.fps},
                        {"target_frames", plan.target},
                        {"target_seconds", static_cast<double>(plan.target) / plan.fps},
                        {"segment_frames", plan.frames},
                        {"overlap", plan.overlap},
                        {"width", plan.width},
                        {"height", plan.height},
                        {"steps", plan.steps == 0 ? json::value(nullptr) : json::value(plan.steps)},
                        {"generated_frames", plan.generated},
                        {"tokens", plan.tokens},
                        {"seconds", range_json(plan.seconds)},
                        {"memory_bytes", range_json(plan.memory)},
                        {"segments", segments},
                        {"notes", notes}};
}

json::array models_json() {
    json::array models;
    for (const VideoModel& model : video_models())
        models.push_back(
            json::object{{"id", model.id},
                         {"name", model.name},
                         {"grid", json::object{{"step", model.grid.step}, {"offset", model.grid.offset}}},
                         {"frames", model.frames},
                         {"shortest", model.shortest},
                         {"longest", model.longest == 0 ? json::value(nullptr) : json::value(model.longest)},
                         {"fps", model.fps},
                         {"size_multiple", model.size_multiple},
                         {"width", model.width},
                         {"height", model.height},
                         {"steps", model.steps == 0 ? json::value(nullptr) : json::value(model.steps)},
                         {"source", model.source}});
    return models;
}

}  // namespace tmplbuild::calculator
