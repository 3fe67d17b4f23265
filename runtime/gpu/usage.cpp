// SPDX-License-Identifier: Apache-2.0
#include "gpu/usage.hpp"

namespace tmplbuild::gpu {

json::object to_json(const Usage& usage) {
    json::array gpus;
    for (const GpuUsage& gpu : usage.gpus) {
        json::object one{{"index", gpu.index}, {"name", gpu.name}};
        if (gpu.memory_used) one["memory_used"] = *gpu.memory_used;
        if (gpu.load_percent) one["load_percent"] = *gpu.load_percent;
        gpus.push_back(std::move(one));
    }
    return {{"state", to_string(usage.state)},
            {"reason", usage.reason},
            {"source", usage.source},
            {"gpus", std::move(gpus)}};
}

static Result<GpuUsage> gpu_usage_from(const json::value& value) {
    const json::object* object = value.if_object();
    const auto wrong = [](const std::string& what) { return build_error("the usage of a GPU has " + what); };
    if (object == nullptr) return wrong("no members");
    GpuUsage out;
    const std::int64_t index = json::int_or(*object, "index", -1);
    if (index < 0 || index > static_cast<std::int64_t>(gpu_limit)) return wrong("no index");
    out.index = static_cast<int>(index);
    out.name = json::string_or(*object, "name", "").substr(0, 128);
    if (object->contains("memory_used")) {
        const std::int64_t used = json::int_or(*object, "memory_used", -1);
        if (used < 0) return wrong("no number as memory_used");
        out.memory_used = static_cast<std::uint64_t>(used);
    }
    if (object->contains("load_percent")) {
        const std::int64_t load = json::int_or(*object, "load_percent", -1);
        if (load < 0 || load > 100) return wrong("a load that is not 0 to 100");
        out.load_percent = static_cast<int>(load);
    }
    return out;
}

Result<Usage> parse_usage(std::string_view text) {
    if (text.size() > answer_limit) return build_error("the usage of the GPUs is too long");
    const auto value = json::parse(text, "the usage of the GPUs");
    if (!value) return value.error();
    const json::object* object = value->if_object();
    if (object == nullptr) return build_error("the usage of the GPUs is not an object");
    const auto state = parse_probe_state(json::string_or(*object, "state", ""));
    if (!state) return build_error("the usage of the GPUs has no state");
    Usage out{.state = *state,
              .reason = json::string_or(*object, "reason", "").substr(0, 500),
              .source = json::string_or(*object, "source", "").substr(0, 40),
              .gpus = {}};
    const json::value* gpus = object->if_contains("gpus");
    if (gpus == nullptr || !gpus->is_array()) return build_error("the usage of the GPUs lists none");
    for (const json::value& one : gpus->get_array()) {
        auto gpu = gpu_usage_from(one);
        if (!gpu) return gpu.error();
        if (out.gpus.size() >= gpu_limit) return build_error("the usage lists more GPUs than there can be");
        out.gpus.push_back(std::move(*gpu));
    }
    return out;
}

}  // namespace tmplbuild::gpu
