// SPDX-License-Identifier: Apache-2.0
#include <type_traits>

#include "base/json.hpp"
#include "podspec/member_count.hpp"
#include "podspec/members.hpp"
#include "podspec/names.hpp"
#include "podspec/service_fields.hpp"

namespace tmplbuild::pod {

namespace {

// Whatever is a member in service.hpp or pod_spec.hpp is a field, but for some `others`: those that reading sets, the
// version, and the two arrays of services and kernels.
template <class Owner, class Fields>
constexpr bool has_all(const Fields&, std::size_t others = 0) {
    return member_count<Owner>() == std::tuple_size_v<Fields> + others;
}
static_assert(has_all<Probe>(probe_fields) && has_all<Restart>(restart_fields) && has_all<Idle>(idle_fields));
static_assert(has_all<Service>(service_fields, 1), "a member of Service has no row in service_fields.hpp");
static_assert(has_all<PodSpec>(pod_fields, 4), "a member of PodSpec has no row in service_fields.hpp");

// "always, on-failure or never"
std::string either(const std::vector<std::string>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return out;
}

// What the probe asks follows from the one field that says it.
void settle_kind(const std::string& name, Probe& probe, ReadMembers& in) {
    const int kinds = int{probe.kind == Probe::Kind::tcp} + int{!probe.http.empty()} + int{!probe.exec.empty()} +
                      int{!probe.log.empty()};
    if (kinds != 1 && in.problem.empty()) in.problem = name + " must have exactly one of http, tcp, exec and log";
    if (!probe.http.empty()) probe.kind = Probe::Kind::http;
    if (!probe.exec.empty()) probe.kind = Probe::Kind::exec;
    if (!probe.log.empty()) probe.kind = Probe::Kind::log;
}

std::optional<std::uint64_t> read_bound(const json::object& object, const char* key, bool& ok) {
    const auto* v = object.if_contains(key);
    if (v == nullptr || v->is_null()) return std::nullopt;
    boost::json::error_code code;
    const auto n = v->is_number() ? v->to_number<std::uint64_t>(code) : 0;
    ok = ok && v->is_number() && !code;
    return n;
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

// Reads the fields of a table, one overload for each kind.
class FieldReader {
  public:
    // `notes` get what is no field of the table.
    FieldReader(ReadMembers& in, std::vector<std::string>& notes) : in_(in), notes_(notes) {}

    template <class Fields, class Owner>
    void all(const Fields& fields, Owner& out) {
        for_each_field(fields, [&](const auto& field) { value(field.key, field.kind, out.*field.member); });
    }

  private:
    void value(const char* key, Text, std::string& out) { in_.text(key, out); }
    void value(const char* key, Texts, std::vector<std::string>& out) { in_.list(key, out); }
    void value(const char* key, Flag, bool& out) { in_.flag(key, out); }
    void value(const char* key, Port, std::uint16_t& out) { in_.port(key, out); }
    void value(const char* key, const Number& bounds, std::int64_t& out) {
        in_.number(key, out, bounds.low, bounds.high);
    }
    void value(const char* key, Umask, std::optional<std::uint32_t>& out) {
        if (in_.find(key) != nullptr) in_.number(key, out.emplace(), 0, 0777);
    }
    template <class Value>
    void value(const char* key, const Word<Value>&, Value& out) {
        in_.word(key, out, parse_word<Value>, either(word_list<Value>()));
    }
    void value(const char* key, Environment, std::map<std::string, std::string>& out) {
        if (const auto* object = in_.object(key)) read_environment(*object, out, in_);
    }
    void value(const char* key, Secrets, std::vector<GeneratedSecret>& out) {
        if (const auto* list = in_.array(key)) read_secrets(*list, out, in_);
    }
    void value(const char* key, Limits, std::vector<ResourceLimit>& out) {
        if (const auto* list = in_.array(key)) read_limits(*list, out, in_);
    }
    void value(const char* key, TcpFlag, Probe::Kind& out) {
        bool tcp = false;
        in_.flag(key, tcp);
        if (tcp) out = Probe::Kind::tcp;
    }
    template <const auto& Fields, class Value>
    void value(const char* key, Object<Fields>, Value& out) {
        const auto* object = in_.object(key);
        if (object == nullptr) return;
        ReadMembers inner(*object, std::string(key) + ".");
        FieldReader(inner, notes_).all(Fields, out);
        if constexpr (std::is_same_v<Value, Probe>) settle_kind(key, out, inner);
        inner.note_unknown(notes_);
        if (in_.problem.empty()) in_.problem = inner.problem;
    }

    ReadMembers& in_;
    std::vector<std::string>& notes_;
};

Service read_service(const json::value& value, std::size_t index, std::vector<std::string>& notes) {
    Service out;
    const auto* object = value.if_object();
    if (object == nullptr) {
        out.name = "service-" + std::to_string(index + 1);
        out.unusable = "services[" + std::to_string(index) + "] is not an object";
        return out;
    }
    ReadMembers in(*object, "");
    std::vector<std::string> inner;
    FieldReader(in, inner).all(service_fields, out);
    in.note_unknown(inner);
    out.unusable = in.problem;
    if (out.name.empty()) out.name = "service-" + std::to_string(index + 1);
    for (const auto& note : inner) notes.push_back("service '" + out.name + "': " + note);
    return out;
}

Error unreadable(std::string message, const std::string& file, std::string hint = {}) {
    Error error = usage_error(std::move(message), std::move(hint));
    error.where = SourcePos{file, 0, 0};
    return error;
}

}  // namespace

Result<PodSpec> read_pod_spec(std::string_view text, const std::string& file) {
    auto value = json::parse(text, file);
    if (!value) return value.error();
    const auto* object = value->if_object();
    if (object == nullptr) return unreadable("pod.json is not an object", file);
    const auto version = json::get_int(*object, "version");
    if (!version || *version < oldest_pod_spec_version || *version > pod_spec_version)
        return unreadable("pod.json has version " + (version ? std::to_string(*version) : std::string("(none)")) +
                              "; this launcher reads versions " + std::to_string(oldest_pod_spec_version) + " to " +
                              std::to_string(pod_spec_version),
                          file, "launcher and pod.json come from one builder: build the image again");
    PodSpec spec;
    ReadMembers in(*object, "");
    in.find("version");
    if (const auto* services = in.array("services"))
        for (std::size_t i = 0; i < services->size(); ++i)
            spec.services.push_back(read_service((*services)[i], i, spec.notes));
    if (const auto* kernels = in.array("kernels"))
        for (std::size_t i = 0; i < kernels->size(); ++i) read_kernel((*kernels)[i], i, spec);
    FieldReader(in, spec.notes).all(pod_fields, spec);
    in.note_unknown(spec.notes);
    // A wrong value beside the services must not keep them from starting: its default stands, and that is said.
    if (!in.problem.empty()) spec.notes.push_back(in.problem + "; its default is used");
    return spec;
}

}  // namespace tmplbuild::pod
