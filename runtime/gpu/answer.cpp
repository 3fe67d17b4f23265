// SPDX-License-Identifier: Apache-2.0
#include "gpu/answer.hpp"

#include <array>

namespace tmplbuild::gpu {

namespace {

constexpr std::array<const char*, 7> states = {"ok", "no-gpu", "no-driver", "failed", "hangs", "crashed", "garbage"};

json::object write(const SeenGpu& gpu) {
    json::object out{{"index", gpu.index}, {"name", gpu.name}, {"capability", gpu.capability.to_string()}};
    if (!gpu.uuid.empty()) out["uuid"] = gpu.uuid;
    if (gpu.memory != 0) out["memory"] = gpu.memory;
    if (gpu.mig) out["mig"] = true;
    if (!gpu.parts.empty()) out["parts"] = json::array(gpu.parts.begin(), gpu.parts.end());
    return out;
}

// Replaces control characters, since names are printed to a log.
std::string plain(std::string text) {
    if (text.size() > 400) text.resize(400);
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return text;
}

Error nonsense(const std::string& what) { return build_error("the probe's answer cannot be: " + what); }

Result<SeenGpu> read_gpu(const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) return nonsense("a GPU is no object");
    SeenGpu gpu;
    gpu.index = static_cast<int>(json::int_or(*object, "index", -1));
    gpu.name = plain(json::string_or(*object, "name", ""));
    const std::string capability = json::string_or(*object, "capability", "");
    auto parsed = kernel::Capability::parse(capability);
    if (gpu.index < 0 || gpu.name.empty()) return nonsense("a GPU without a number or a name");
    // NVIDIA's first capability was 1.0; a driver that says 0 or 300 has misread something.
    if (!parsed || parsed->major < 1 || parsed->major > 30)
        return nonsense("a GPU of compute capability '" + plain(capability) + "'");
    gpu.capability = *parsed;
    gpu.uuid = plain(json::string_or(*object, "uuid", ""));
    gpu.memory = static_cast<std::uint64_t>(std::max<std::int64_t>(json::int_or(*object, "memory", 0), 0));
    gpu.mig = json::bool_or(*object, "mig", false);
    if (const auto* parts = object->if_contains("parts"); parts != nullptr && parts->is_array())
        for (const auto& part : parts->get_array())
            if (part.is_string()) gpu.parts.push_back(plain(std::string(part.get_string())));
    return gpu;
}

Result<std::optional<kernel::Version>> read_version(const json::object& object, const char* key) {
    const std::string text = json::string_or(object, key, "");
    if (text.empty()) return std::optional<kernel::Version>();
    auto version = kernel::Version::parse(text);
    if (!version) return nonsense(std::string(key) + " version '" + plain(text) + "'");
    return std::optional(*version);
}

}  // namespace

const char* to_string(ProbeState state) { return states.at(static_cast<std::size_t>(state)); }

std::optional<ProbeState> parse_probe_state(std::string_view word) {
    for (std::size_t i = 0; i < states.size(); ++i)
        if (word == states.at(i)) return static_cast<ProbeState>(i);
    return std::nullopt;
}

json::object to_json(const Answer& answer) {
    json::object out{{"version", 1}, {"state", to_string(answer.state)}};
    if (!answer.reason.empty()) out["reason"] = answer.reason;
    if (!answer.source.empty()) out["source"] = answer.source;
    if (answer.driver) out["driver"] = answer.driver->to_string();
    if (answer.driver_cuda) out["cuda"] = answer.driver_cuda->to_string();
    if (answer.simulated) out["simulated"] = true;
    if (answer.hidden > 0) out["hidden"] = answer.hidden;
    json::array gpus, attempts;
    for (const SeenGpu& gpu : answer.gpus) gpus.push_back(write(gpu));
    for (const Attempt& attempt : answer.attempts)
        attempts.push_back(
            json::object{{"source", attempt.source}, {"state", to_string(attempt.state)}, {"reason", attempt.reason}});
    out["gpus"] = std::move(gpus);
    if (!attempts.empty()) out["attempts"] = std::move(attempts);
    return out;
}

Result<Answer> parse_answer(std::string_view text) {
    auto value = json::parse(text, "the probe's answer");
    const auto* object = value ? value->if_object() : nullptr;
    if (object == nullptr) return nonsense("it is no JSON object");
    if (json::int_or(*object, "version", 0) != 1) return nonsense("it is not of version 1");
    Answer answer;
    const auto state = parse_probe_state(json::string_or(*object, "state", ""));
    if (!state) return nonsense("its state is not known");
    answer.state = *state;
    answer.reason = plain(json::string_or(*object, "reason", ""));
    answer.source = plain(json::string_or(*object, "source", ""));
    answer.simulated = json::bool_or(*object, "simulated", false);
    answer.hidden = std::max<std::int64_t>(json::int_or(*object, "hidden", 0), 0);
    auto driver = read_version(*object, "driver"), cuda = read_version(*object, "cuda");
    if (!driver) return driver.error();
    if (!cuda) return cuda.error();
    answer.driver = *driver;
    answer.driver_cuda = *cuda;
    if (const auto* gpus = object->if_contains("gpus"); gpus != nullptr && gpus->is_array()) {
        if (gpus->get_array().size() > gpu_limit) return nonsense(std::to_string(gpus->get_array().size()) + " GPUs");
        for (const auto& entry : gpus->get_array()) {
            auto gpu = read_gpu(entry);
            if (!gpu) return gpu.error();
            answer.gpus.push_back(std::move(*gpu));
        }
    }
    if (const auto* attempts = object->if_contains("attempts"); attempts != nullptr && attempts->is_array())
        for (const auto& entry : attempts->get_array())
            if (const auto* attempt = entry.if_object())
                answer.attempts.push_back(
                    {plain(json::string_or(*attempt, "source", "")),
                     parse_probe_state(json::string_or(*attempt, "state", "")).value_or(ProbeState::failed),
                     plain(json::string_or(*attempt, "reason", ""))});
    if ((answer.state == ProbeState::ok) == answer.gpus.empty())
        return nonsense("state '" + std::string(to_string(answer.state)) + "' with " +
                        std::to_string(answer.gpus.size()) + " GPUs");
    return answer;
}

}  // namespace tmplbuild::gpu
