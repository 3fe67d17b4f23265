// SPDX-License-Identifier: Apache-2.0
#include "gpuprobe/usage.hpp"

#include "gpuprobe/source_child.hpp"

namespace tmplbuild::gpu {

namespace {

Usage without_answer(const std::string& source, BadEnd end) {
    return {.state = end.state, .reason = std::move(end.reason), .source = source, .gpus = {}};
}

Usage usage_by_nvml(std::chrono::milliseconds pause) {
    const ChildAnswer child = ask_source([] { return json::canonical(to_json(ask_nvml_usage())); }, pause);
    if (auto bad = bad_end("nvml", child, pause)) return without_answer("nvml", std::move(*bad));
    auto usage = parse_usage(child.text);
    if (!usage) return without_answer("nvml", {ProbeState::garbage, "nvml: " + usage.error().message});
    return std::move(*usage);
}

Usage usage_by_smi(std::chrono::milliseconds pause) {
    const ChildAnswer child = ask_nvidia_smi(SmiQuestion::usage, pause);
    if (auto bad = no_answer("nvidia-smi", child, pause)) return without_answer("nvidia-smi", std::move(*bad));
    return parse_smi_usage(child.text, child.code);
}

}  // namespace

// Where neither says how much is used, NVML's words tell why: it is the one that every driver brings.
Usage measure_usage(std::chrono::milliseconds pause) {
    Usage first = usage_by_nvml(pause);
    if (first.state == ProbeState::ok || first.state == ProbeState::no_gpu) return first;
    Usage last = usage_by_smi(pause);
    return last.state == ProbeState::ok ? last : first;
}

}  // namespace tmplbuild::gpu
