// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "podspec/field_reader.hpp"

namespace tmplbuild::pod {

namespace {

std::optional<std::uint64_t> read_bound(const json::object& object, const char* key, bool& ok) {
    const auto* v = object.if_contains(key);
    if (v == nullptr || v->is_null()) return std::nullopt;
    boost::json::error_code code;
    const auto n = v->is_number() ? v->to_number<std::uint64_t>(code) : 0;
    ok = ok && v->is_number() && !code;
    return n;
}

}  // namespace

// For messages: "always, on-failure or never".
std::string either(const std::vector<std::string>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return out;
}

// Sets the probe's kind by the one field that is given.
void settle_kind(const std::string& name, Probe& probe, ReadMembers& in) {
    const int kinds = int{probe.kind == Probe::Kind::tcp} + int{!probe.http.empty()} + int{!probe.exec.empty()} +
                      int{!probe.log.empty()};
    if (kinds != 1 && in.problem.empty()) in.problem = name + " must have exactly one of http, tcp, exec and log";
    if (!probe.http.empty()) probe.kind = Probe::Kind::http;
    if (!probe.exec.empty()) probe.kind = Probe::Kind::exec;
    if (!probe.log.empty()) probe.kind = Probe::Kind::log;
}

void read_limits(const json::array& list, std::vector<ResourceLimit>& out, ReadMembers& parent) {
    for (const auto& element : list) {
        const auto* object = element.if_object();
        ResourceLimit limit;
        bool ok = object != nullptr;
        if (ok) {
            limit.resource = json::string_or(*object, "resource", "");
            limit.soft = read_bound(*object, "soft", ok);
            limit.hard = read_bound(*object, "hard", ok);
        }
        if (!ok) return parent.wrong("rlimits", "an array of {resource, soft, hard} with whole numbers or null");
        out.push_back(std::move(limit));
    }
}

void read_environment(const json::object& object, std::map<std::string, std::string>& out, ReadMembers& parent) {
    for (const auto& pair : object) {
        const std::string name(pair.key());
        const auto* text = pair.value().if_string();
        const bool ok = text != nullptr && !name.empty() && name.find_first_of(std::string_view("=\0", 2)) == name.npos;
        if (!ok || text->find('\0') != text->npos)
            return parent.wrong("environment." + name, "a variable name with a string value");
        out[name] = std::string(*text);
    }
}

void read_secrets(const json::array& list, std::vector<GeneratedSecret>& out, ReadMembers& parent) {
    auto usable = [](const std::string& name) { return name.find_first_of(std::string_view("=\0", 2)) == name.npos; };
    for (const auto& element : list) {
        const auto* object = element.if_object();
        GeneratedSecret secret;
        if (object != nullptr) {
            secret.variable = json::string_or(*object, "variable", "");
            secret.from = json::string_or(*object, "from", "");
        }
        if (secret.variable.empty() || !usable(secret.variable) || !usable(secret.from))
            return parent.wrong("generated_secrets", "an array of {variable, from} with variable names");
        out.push_back(std::move(secret));
    }
}

}  // namespace tmplbuild::pod
