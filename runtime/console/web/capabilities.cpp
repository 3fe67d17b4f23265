// SPDX-License-Identifier: Apache-2.0
#include "console/web/capabilities.hpp"

#include <initializer_list>

namespace tmplbuild::console {

// The members of each object of a list.
static json::array picked(const json::object& view, const char* list, std::initializer_list<const char*> members) {
    json::array out;
    for (const json::value& one : view.at(list).as_array()) {
        json::object object;
        for (const char* member : members) object[member] = one.as_object().at(member);
        out.push_back(std::move(object));
    }
    return out;
}

json::object capabilities_of(const json::object& view, const std::string& version) {
    const json::object& host = view.at("host").as_object();
    json::object out{{"version", 1}, {"console", version}};
    out["pod"] = json::object{{"name", view.at("pod").at("name")}, {"id", view.at("pod").at("id")}};
    out["services"] = picked(view, "services", {"name", "port", "url", "public", "uses_kernels"});
    out["gpu"] = json::object{{"state", host.at("state")},
                              {"driver", host.at("driver")},
                              {"cuda", host.at("cuda")},
                              {"simulated", host.at("simulated")},
                              {"devices", picked(view, "gpus", {"index", "name", "capability", "memory_bytes"})}};
    out["kernels"] = picked(view, "kernels", {"name", "state", "mode", "arch", "verdict", "simulated"});
    out["api"] = json::object{{"version", 1},
                              {"openapi", "/api/openapi.json"},
                              {"status", "/api/installation-status"},
                              {"events", "/api/events"}};
    return out;
}

}  // namespace tmplbuild::console
