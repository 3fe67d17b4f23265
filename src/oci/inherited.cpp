// SPDX-License-Identifier: Apache-2.0
#include "oci/inherited.hpp"

#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"

namespace tmplbuild::oci {

namespace {

constexpr std::string_view digits = "0123456789";

// Accepts "8080", "53/udp", "8000-8010/tcp" (Docker's ExposedPorts).
bool is_port(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view protocol = slash == std::string_view::npos ? "tcp" : text.substr(slash + 1);
    if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") return false;
    const std::vector<std::string> ends = split(text.substr(0, slash), '-');
    return ends.size() <= 2 && std::all_of(ends.begin(), ends.end(), [](const std::string& end) {
               return !end.empty() && end.size() <= 5 && end.find_first_not_of(digits) == std::string::npos &&
                      std::stoul(end) >= 1 && std::stoul(end) <= 65535;
           });
}

json::object json_texts(const std::map<std::string, std::string>& map) {
    json::object out;
    for (const auto& [name, value] : map) out[name] = value;
    return out;
}

json::array array_of(const auto& list) {
    json::array out;
    for (const std::string& item : list) out.emplace_back(item);
    return out;
}

Result<std::map<std::string, std::string>> map_of(const json::object& o, std::string_view key) {
    auto object = json::get_object(o, key);
    if (!object) return object.error();
    std::map<std::string, std::string> out;
    for (const auto& pair : **object) {
        if (!pair.value().is_string()) return build_error("'" + std::string(key) + "' holds something else than text");
        out[std::string(pair.key())] = std::string(pair.value().get_string());
    }
    return out;
}

Result<std::vector<std::string>> list_of(const json::object& o, std::string_view key) {
    auto array = json::get_array(o, key);
    if (!array) return array.error();
    std::vector<std::string> out;
    for (const json::value& item : **array) {
        if (!item.is_string()) return build_error("'" + std::string(key) + "' holds something else than text");
        out.emplace_back(item.get_string());
    }
    return out;
}

}  // namespace

json::object Inherited::to_json() const {
    return {{"environment", json_texts(environment)},
            {"labels", json_texts(labels)},
            {"user", user},
            {"directory", directory},
            {"ports", array_of(ports)},
            {"volumes", array_of(volumes)},
            {"lost", array_of(lost)}};
}

Result<Inherited> Inherited::from_json(const json::object& o) {
    Inherited out;
    auto environment = map_of(o, "environment"), labels = map_of(o, "labels");
    auto ports = list_of(o, "ports"), volumes = list_of(o, "volumes"), lost = list_of(o, "lost");
    for (const auto* map : {&environment, &labels})
        if (!*map) return map->error();
    for (const auto* list : {&ports, &volumes, &lost})
        if (!*list) return list->error();
    out.environment = std::move(*environment);
    out.labels = std::move(*labels);
    out.user = json::string_or(o, "user", "");
    out.directory = json::string_or(o, "directory", "");
    out.ports.insert(ports->begin(), ports->end());
    out.volumes.insert(volumes->begin(), volumes->end());
    out.lost = std::move(*lost);
    return out;
}

Inherited inherit(const ImageConfig& base) {
    Inherited out;
    out.environment = base.environment;
    out.labels = base.labels;
    if (base.user.empty() || is_image_user(base.user))
        out.user = base.user;
    else
        out.lost.push_back("its user '" + base.user + "' is no user");
    if (base.directory.empty() || parse_image_path(base.directory))
        out.directory = base.directory;
    else
        out.lost.push_back("its working directory '" + base.directory + "' is no absolute path");
    for (const std::string& port : base.exposed_ports) {
        if (is_port(port))
            out.ports.insert(port.find('/') == std::string::npos ? port + "/tcp" : port);
        else
            out.lost.push_back("its port '" + port + "' is no port");
    }
    for (const std::string& volume : base.volumes) {
        if (parse_image_path(volume))
            out.volumes.insert(volume);
        else
            out.lost.push_back("its volume '" + volume + "' is no absolute path");
    }
    if (!base.stop_signal.empty() && base.stop_signal != "SIGTERM" && base.stop_signal != "15")
        out.lost.push_back("its stop signal " + base.stop_signal +
                           ": write `stop_signal` at a service; the launcher stops at SIGTERM");
    if (base.has_health_check)
        out.lost.emplace_back("its HEALTHCHECK: write `health` at a service, which the launcher asks");
    if (base.has_on_build) out.lost.emplace_back("its ONBUILD commands do not run: write them as `run` layers");
    return out;
}

void lay_under(const Inherited& base, ImageSpec& spec) {
    spec.environment.insert(base.environment.begin(), base.environment.end());
    spec.labels.insert(base.labels.begin(), base.labels.end());
    if (spec.user.empty()) spec.user = base.user;
    if (spec.directory.empty()) spec.directory = base.directory;
    spec.inherited_ports.insert(base.ports.begin(), base.ports.end());
    spec.volumes.insert(base.volumes.begin(), base.volumes.end());
}

}  // namespace tmplbuild::oci
