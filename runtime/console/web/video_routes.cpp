// SPDX-License-Identifier: Apache-2.0
// The video calculator's page and its API: src/calculator, asked by a query. Pure but for the names of this pod's GPUs.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "calculator/video_plan.hpp"
#include "console/web/console.hpp"
#include "kernel/gpu.hpp"

namespace tmplbuild::console {

namespace {

using Fields = std::map<std::string, std::string>;

struct VideoProblem {
    std::string field{};
    Error error{};
};
using VideoChecked = std::optional<VideoProblem>;

// What the query calls something, where that is not the wish's own name.
std::string asked_name(const std::string& wrong) { return wrong == "seconds" ? "duration" : wrong; }

Answer problem_answer(const VideoProblem& problem) {
    return json_answer(400, json::object{{"error", json::object{{"message", problem.error.message},
                                                                {"hint", problem.error.hint},
                                                                {"field", problem.field}}}});
}

VideoChecked take_whole(const Fields& fields, const char* name, std::optional<std::int64_t>& to) {
    const auto given = fields.find(name);
    if (given == fields.end() || given->second.empty()) return std::nullopt;
    to = parse_whole(given->second, INT64_MIN, INT64_MAX);
    if (to) return std::nullopt;
    return VideoProblem{name, usage_error("'" + std::string(name) + "' is no whole number: '" + given->second + "'")};
}

VideoChecked take_number(const Fields& fields, const char* name, std::optional<double>& to) {
    const auto given = fields.find(name);
    if (given == fields.end() || given->second.empty()) return std::nullopt;
    const char* const end = given->second.data() + given->second.size();
    double value = 0;
    const auto read = std::from_chars(given->second.data(), end, value);
    if (read.ec == std::errc() && read.ptr == end && std::isfinite(value)) {
        to = value;
        return std::nullopt;
    }
    return VideoProblem{name, usage_error("'" + std::string(name) + "' is no number: '" + given->second + "'")};
}

// A GPU of the table by any of its names, or one of this pod by the name that its driver has for it.
VideoChecked take_gpu(const Fields& fields, const json::array& own, calculator::VideoWish& wish) {
    const auto given = fields.find("gpu");
    if (given == fields.end() || given->second.empty()) return std::nullopt;
    const auto target = kernel::parse_target(given->second);
    if (target && target->gpu != nullptr) {
        wish.gpu = std::string(target->gpu->product_id);
        wish.gpu_memory_bytes = std::int64_t{target->gpu->memory_gb} * 1'000'000'000;
        return std::nullopt;
    }
    for (const json::value& one : own) {
        if (json::string_or(one.as_object(), "name", "") != given->second) continue;
        wish.gpu = given->second;
        if (const auto memory = json::get_int(one.as_object(), "memory_bytes")) wish.gpu_memory_bytes = *memory;
        return std::nullopt;
    }
    return VideoProblem{"gpu", target ? usage_error("'" + given->second + "' names no product") : target.error()};
}

VideoChecked take_guided(const Fields& fields, calculator::VideoWish& wish) {
    const auto given = fields.find("guided");
    if (given == fields.end() || given->second.empty()) return std::nullopt;
    wish.guided = given->second == "1";
    if (wish.guided || given->second == "0") return std::nullopt;
    return VideoProblem{"guided", usage_error("'guided' is 0 or 1, not '" + given->second + "'")};
}

VideoChecked check_names(const Fields& fields) {
    static const std::vector<std::string> names = {"model",      "frames",  "duration", "fps",
                                                   "max_frames", "overlap", "width",    "height",
                                                   "steps",      "guided",  "gpu",      "attention_speed"};
    for (const auto& [name, value] : fields)
        if (std::find(names.begin(), names.end(), name) == names.end())
            return VideoProblem{name, usage_error("there is no field '" + name + "'", did_you_mean(name, names))};
    return std::nullopt;
}

VideoChecked read_wish(const Fields& fields, const json::array& own, calculator::VideoWish& wish) {
    if (const auto problem = check_names(fields)) return problem;
    if (const auto model = fields.find("model"); model != fields.end() && !model->second.empty())
        wish.model = model->second;
    std::optional<std::int64_t> overlap;
    std::optional<double> attention_speed;
    const std::array<std::pair<const char*, std::optional<std::int64_t>*>, 6> wholes{{{"frames", &wish.frames},
                                                                                      {"max_frames", &wish.max_frames},
                                                                                      {"overlap", &overlap},
                                                                                      {"width", &wish.width},
                                                                                      {"height", &wish.height},
                                                                                      {"steps", &wish.steps}}};
    for (const auto& [name, to] : wholes)
        if (auto problem = take_whole(fields, name, *to)) return problem;
    const std::array<std::pair<const char*, std::optional<double>*>, 3> numbers{
        {{"duration", &wish.seconds}, {"fps", &wish.fps}, {"attention_speed", &attention_speed}}};
    for (const auto& [name, to] : numbers)
        if (auto problem = take_number(fields, name, *to)) return problem;
    wish.overlap = overlap.value_or(wish.overlap);
    wish.attention_speed = attention_speed.value_or(wish.attention_speed);
    if (auto problem = take_guided(fields, wish)) return problem;
    return take_gpu(fields, own, wish);
}

// The GPUs that a person can choose: NVIDIA's, by the names that people use.
json::array known_gpus() {
    json::array out;
    for (const kernel::Gpu& gpu : kernel::all_gpus())
        if (gpu.vendor == kernel::Vendor::nvidia && gpu.memory_gb > 0)
            out.push_back(
                json::object{{"name", gpu.name}, {"memory_bytes", std::int64_t{gpu.memory_gb} * 1'000'000'000}});
    return out;
}

// This pod's own, as the table calls it.
json::value own_gpu(const json::array& own) {
    if (own.empty()) return nullptr;
    const std::string name = json::string_or(own.front().as_object(), "name", "");
    if (name.empty()) return nullptr;
    const kernel::Gpu* const known = kernel::find_gpu(name);
    return known == nullptr ? json::value(name) : json::value(known->name);
}

json::object video_models_of(const json::array& own) {
    return {{"models", calculator::models_json()}, {"gpus", known_gpus()}, {"pod_gpu", own_gpu(own)}};
}

}  // namespace

json::array Console::own_gpus(const CallPtr& call) {
    const json::object view = view_for(call->visitor.here, call->request.port);
    const json::value* const gpus = view.if_contains("gpus");
    return gpus != nullptr && gpus->is_array() ? gpus->as_array() : json::array{};
}

void Console::video_page(const CallPtr& call) {
    note_interest();
    call->respond(page_answer(200, page(call, "video.html", {}, json::compact(video_models_of(own_gpus(call))))));
}

void Console::video_models(const CallPtr& call) {
    note_interest();
    call->respond(json_answer(200, video_models_of(own_gpus(call))));
}

void Console::video_plan(const CallPtr& call) {
    calculator::VideoWish wish;
    if (const auto problem = read_wish(form_values(call->request.query), own_gpus(call), wish))
        return call->respond(problem_answer(*problem));
    std::string wrong;
    const auto plan = calculator::plan_video(wish, &wrong);
    if (!plan) return call->respond(problem_answer({asked_name(wrong), plan.error()}));
    call->respond(json_answer(200, calculator::to_json(*plan)));
}

}  // namespace tmplbuild::console
