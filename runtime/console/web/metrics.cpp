// SPDX-License-Identifier: Apache-2.0
#include "console/web/metrics.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace tmplbuild::console {

namespace {

using Labels = std::vector<std::pair<const char*, std::string>>;

std::string escaped_label(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
    return out;
}

class Metrics {
  public:
    void begin(const char* name, const char* type, const char* help) {
        name_ = name;
        text_ += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
    }
    void add(const json::value& value, const Labels& labels = {}) {
        std::string number;
        if (value.is_int64() || value.is_uint64() || value.is_double()) number = json::compact(value);
        if (value.is_bool()) number = value.get_bool() ? "1" : "0";
        if (number.empty()) return;
        std::string list;
        for (const auto& [key, text] : labels)
            list += (list.empty() ? "" : ",") + std::string(key) + "=\"" + escaped_label(text) + "\"";
        text_ += name_ + (list.empty() ? "" : "{" + list + "}") + " " + number + "\n";
    }
    // One of a list of states is 1, the others are 0.
    void add_state(const std::string& state, std::initializer_list<const char*> states, const Labels& labels = {}) {
        for (const char* one : states) {
            Labels with = labels;
            with.emplace_back("state", one);
            add(state == one, with);
        }
    }
    std::string take() { return std::move(text_); }

  private:
    std::string name_{}, text_{};
};

std::string text_at(const json::value& object, const char* key) { return std::string(object.at(key).as_string()); }

// One metric with a line for each part of a list: `member` of it, under the label `label`.
void add_each(Metrics& out, const json::object& view, const char* list, const char* label, const char* member) {
    for (const json::value& one : view.at(list).as_array()) {
        const json::value& name = one.at(label == std::string_view("gpu") ? "index" : "name");
        out.add(one.at(member), {{label, name.is_string() ? std::string(name.as_string()) : json::compact(name)}});
    }
}

}  // namespace

std::string metrics_text(const json::object& view, const ConsoleCounts& counts) {
    Metrics out;
    out.begin("tmplbuild_pod_state", "gauge", "What the pod does: one of the states is 1.");
    out.add_state(text_at(view.at("pod"), "state"), {"starting", "ready", "degraded", "stopping", "unknown"});
    out.begin("tmplbuild_pod_progress_percent", "gauge", "How far services and kernels are.");
    out.add(view.at("pod").at("progress"));
    out.begin("tmplbuild_launcher_connected", "gauge", "1 while the launcher answers; else the rest is its last word.");
    out.add(text_at(view.at("launcher"), "state") == "connected");
    out.begin("tmplbuild_service_ready", "gauge", "1 while what needs the service may start.");
    add_each(out, view, "services", "service", "ready");
    out.begin("tmplbuild_service_restarts_total", "counter", "Restarts since the pod's start.");
    add_each(out, view, "services", "service", "restarts");
    out.begin("tmplbuild_service_memory_kills_total", "counter", "How often Linux ended it for memory.");
    add_each(out, view, "services", "service", "memory_kills");
    out.begin("tmplbuild_kernel_state", "gauge", "One of the states is 1.");
    for (const json::value& kernel : view.at("kernels").as_array())
        out.add_state(text_at(kernel, "state"),
                      {"waiting", "compiling", "available", "active", "degraded", "off", "failed"},
                      {{"kernel", text_at(kernel, "name")}});
    out.begin("tmplbuild_gpu_memory_bytes", "gauge", "The GPU's memory.");
    add_each(out, view, "gpus", "gpu", "memory_bytes");
    out.begin("tmplbuild_gpu_memory_used_bytes", "gauge", "What of it is used.");
    add_each(out, view, "gpus", "gpu", "memory_used_bytes");
    out.begin("tmplbuild_gpu_load_percent", "gauge", "The GPU's load.");
    add_each(out, view, "gpus", "gpu", "load_percent");
    out.begin("tmplbuild_memory_used_bytes", "gauge", "Memory that the container uses.");
    out.add(view.at("memory").at("used_bytes"));
    out.begin("tmplbuild_memory_limit_bytes", "gauge", "Memory that the container may use.");
    out.add(view.at("memory").at("limit_bytes"));
    out.begin("tmplbuild_disk_used_bytes", "gauge", "What is used of the container's disk.");
    out.add(view.at("disk").at("used_bytes"));
    out.begin("tmplbuild_disk_total_bytes", "gauge", "The container's disk.");
    out.add(view.at("disk").at("total_bytes"));
    out.begin("tmplbuild_volume_state", "gauge", "One of the states is 1.");
    out.add_state(text_at(view.at("volume"), "state"), {"ok", "frozen", "full", "read-only", "missing", "unknown"});
    out.begin("tmplbuild_volume_used_bytes", "gauge", "What is used of the volume.");
    out.add(view.at("volume").at("used_bytes"));
    out.begin("tmplbuild_volume_total_bytes", "gauge", "The volume.");
    out.add(view.at("volume").at("total_bytes"));
    out.begin("tmplbuild_console_requests_total", "counter", "Requests that the gateway asked the console about.");
    out.add(counts.requests);
    out.begin("tmplbuild_console_refused_total", "counter", "Those that did not pass.");
    out.add(counts.refused);
    out.begin("tmplbuild_console_wrong_passwords_total", "counter", "Sign-ins with a wrong password.");
    out.add(counts.wrong_passwords);
    out.begin("tmplbuild_console_watchers", "gauge", "Pages that get live updates now.");
    out.add(counts.watchers);
    return out.take();
}

}  // namespace tmplbuild::console
