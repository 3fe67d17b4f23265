// SPDX-License-Identifier: Apache-2.0
#include "console/pod/original_fields.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

namespace tmplbuild::console {

namespace {

constexpr std::size_t log_lines = 50;

std::string utc(status::UnixMs at, const char* format) {
    const auto seconds = static_cast<std::time_t>(at / 1000);
    std::tm parts{};
    std::array<char, 40> text{};
    if (::gmtime_r(&seconds, &parts) == nullptr) return {};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

// The lines that the launcher also writes into the progress log on the volume, which the console does not touch.
std::string progress_log(const status::Snapshot& snapshot) {
    const auto& moments = snapshot.timeline;
    const std::size_t first = moments.size() > log_lines ? moments.size() - log_lines : 0;
    std::string out;
    for (std::size_t i = first; i < moments.size(); ++i)
        out += utc(moments[i].at, "[%F %T UTC] ") + moments[i].who + ": " + moments[i].text + "\n";
    return out;
}

bool is_in_place(const status::Kernel& kernel) {
    return kernel.state == "available" || kernel.state == "active" || kernel.state == "degraded";
}

template <class Part>
void add_progress(json::object& out, const std::vector<Part>& parts) {
    for (const Part& part : parts)
        out[part.name] = json::object{{"state", part.state}, {"last_updated", utc(part.since, "%FT%TZ")}};
}

}  // namespace

json::object original_fields(const status::Snapshot& snapshot) {
    bool comfyui = false, sage = false;
    json::object progress, processes;
    for (const status::Service& service : snapshot.services) {
        comfyui = comfyui || (service.name == "comfyui" && service.ready);
        processes[service.name] = service.pid != 0;
    }
    for (const status::Kernel& kernel : snapshot.kernels)
        sage = sage || (kernel.name == "sageattention" && is_in_place(kernel));
    add_progress(progress, snapshot.components);
    add_progress(progress, snapshot.services);
    add_progress(progress, snapshot.kernels);
    const bool complete = !snapshot.state.empty() && snapshot.state != "stopping" && snapshot.progress == 100;
    return {{"comfyui_ready", comfyui},      {"sageattention_complete", sage},  {"installation_complete", complete},
            {"log", progress_log(snapshot)}, {"progress", std::move(progress)}, {"processes", std::move(processes)}};
}

}  // namespace tmplbuild::console
