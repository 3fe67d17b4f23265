// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "gpuprobe/sources.hpp"

namespace tmplbuild::gpu {

namespace {

constexpr std::array<const char*, 4> places = {"/usr/bin/nvidia-smi", "/usr/local/bin/nvidia-smi",
                                               "/usr/local/nvidia/bin/nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi"};

const char* query_of(SmiQuestion question) {
    return question == SmiQuestion::gpus ? "--query-gpu=index,name,uuid,compute_cap,memory.total,driver_version"
                                         : "--query-gpu=index,name,memory.used,utilization.gpu";
}

// The columns of one line; a name has no comma in any list of NVIDIA's.
std::vector<std::string> columns_of(const std::string& line) {
    std::vector<std::string> out;
    for (const std::string& field : split(line, ',')) out.emplace_back(trim(field));
    return out;
}

// The state and reason for an exit code other than 0.
std::pair<ProbeState, std::string> smi_failure(std::string_view text, int exit_code) {
    if (exit_code == 127) return {ProbeState::no_driver, "there is no nvidia-smi"};
    const std::string first = split(trim(text), '\n').front();
    return {ProbeState::failed,
            "nvidia-smi: " + std::string(trim(first)) + " (exit code " + std::to_string(exit_code) + ")"};
}

std::uint64_t mebibytes(const std::string& text) {
    return text.find_first_not_of("0123456789") == std::string::npos && !text.empty() && text.size() < 12
               ? std::strtoull(text.c_str(), nullptr, 10) << 20
               : 0;
}

}  // namespace

void become_nvidia_smi(SmiQuestion question) {
    const std::array<const char*, 4> argv = {"nvidia-smi", query_of(question), "--format=csv,noheader,nounits",
                                             nullptr};
    const auto run = [&](const char* program) {
        ::execv(program, const_cast<char* const*>(argv.data()));  // execv(3) does not write to its arguments
    };
    const char* other = std::getenv("TMPLBUILD_NVIDIA_SMI");
    if (other != nullptr && *other != '\0') return run(other);
    for (const char* place : places) run(place);
}

// Reads one line for each GPU, in the order of the query. A divided GPU (MIG) is listed as a whole; its parts have its
// capability.
Answer parse_smi(std::string_view text, int exit_code) {
    Answer out;
    out.source = "nvidia-smi";
    const auto lines = split(trim(text), '\n');
    if (exit_code != 0) {
        std::tie(out.state, out.reason) = smi_failure(text, exit_code);
        return out;
    }
    out.state = ProbeState::garbage;
    for (const std::string& line : lines) {
        if (trim(line).empty()) continue;
        const std::vector<std::string> fields = columns_of(line);
        if (fields.size() == 1 && fields[0].starts_with("No devices")) break;
        const auto capability = fields.size() == 6 ? kernel::Capability::parse(fields[3])
                                                   : Result<kernel::Capability>(usage_error("not six fields"));
        SeenGpu gpu;
        const char* const last = fields[0].data() + fields[0].size();
        const auto [end, code] = std::from_chars(fields[0].data(), last, gpu.index);
        if (!capability || code != std::errc() || end != last || out.gpus.size() >= gpu_limit) {
            out.gpus.clear();
            out.reason = "nvidia-smi printed what is no GPU: '" + line.substr(0, 120) + "'";
            return out;
        }
        gpu.name = fields[1];
        gpu.uuid = fields[2].starts_with("GPU-") ? fields[2] : "";
        gpu.capability = *capability;
        gpu.memory = mebibytes(fields[4]);
        if (auto version = kernel::Version::parse(fields[5])) out.driver = *version;
        out.gpus.push_back(std::move(gpu));
    }
    out.state = out.gpus.empty() ? ProbeState::no_gpu : ProbeState::ok;
    if (out.gpus.empty()) out.reason = "nvidia-smi shows no GPU";
    return out;
}

// "[N/A]" and the like stand where a GPU does not say.
Usage parse_smi_usage(std::string_view text, int exit_code) {
    Usage out;
    out.source = "nvidia-smi";
    if (exit_code != 0) {
        std::tie(out.state, out.reason) = smi_failure(text, exit_code);
        return out;
    }
    for (const std::string& line : split(trim(text), '\n')) {
        const std::vector<std::string> fields = columns_of(line);
        if (fields.size() == 1 && (fields[0].empty() || fields[0].starts_with("No devices"))) continue;
        const auto index = fields.size() == 4 ? parse_whole(fields[0], 0, gpu_limit) : std::nullopt;
        if (!index || out.gpus.size() >= gpu_limit) {
            out.gpus.clear();
            out.state = ProbeState::garbage;
            out.reason = "nvidia-smi printed what is no GPU: '" + line.substr(0, 120) + "'";
            return out;
        }
        GpuUsage gpu{.index = static_cast<int>(*index), .name = fields[1], .memory_used = {}, .load_percent = {}};
        if (const auto used = parse_whole(fields[2], 0, 1 << 30)) gpu.memory_used = std::uint64_t(*used) << 20;
        if (const auto load = parse_whole(fields[3], 0, 100)) gpu.load_percent = static_cast<int>(*load);
        out.gpus.push_back(std::move(gpu));
    }
    out.state = out.gpus.empty() ? ProbeState::no_gpu : ProbeState::ok;
    if (out.gpus.empty()) out.reason = "nvidia-smi shows no GPU";
    return out;
}

}  // namespace tmplbuild::gpu
