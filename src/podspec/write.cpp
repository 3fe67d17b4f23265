// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "podspec/kernel_fields.hpp"
#include "podspec/members.hpp"
#include "podspec/names.hpp"
#include "podspec/service_fields.hpp"

namespace tmplbuild::pod {

namespace {

// Writes the fields of a table that differ from the defaults, one overload for each kind.
class FieldWriter {
  public:
    template <class Fields, class Owner>
    static json::object all(const Fields& fields, const Owner& from) {
        static const Owner usual;
        FieldWriter writer;
        for_each_field(fields, [&](const auto& field) {
            writer.value(field.key, field.kind, from.*field.member, usual.*field.member);
        });
        return writer.out_.take();
    }

  private:
    void value(const char* key, Text, const std::string& text, const std::string& usual) {
        out_.text(key, text, usual);
    }
    void value(const char* key, Texts, const std::vector<std::string>& list, const std::vector<std::string>& usual) {
        out_.list(key, list, usual);
    }
    void value(const char* key, Flag, bool flag, bool) { out_.flag(key, flag); }
    void value(const char* key, Port, std::uint16_t port, std::uint16_t) { out_.number(key, port); }
    void value(const char* key, Number, std::int64_t number, std::int64_t usual) { out_.number(key, number, usual); }
    void value(const char* key, Umask, const std::optional<std::uint32_t>& mask, const std::optional<std::uint32_t>&) {
        if (mask) out_.number(key, *mask, -1);
    }
    template <class Value>
    void value(const char* key, const Word<Value>&, Value word, Value usual) {
        out_.text(key, to_string(word), to_string(usual));
    }
    template <class Value>
    void value(const char* key, const StatedWord<Value>&, Value word, Value) {
        out_.text(key, to_string(word));
    }
    template <const auto& Fields, class Value>
    void value(const char* key, List<Fields>, const std::vector<Value>& items, const std::vector<Value>&) {
        json::array list;
        for (const Value& item : items) list.push_back(all(Fields, item));
        out_.array(key, std::move(list));
    }
    void value(const char* key, Environment, const std::map<std::string, std::string>& variables,
               const std::map<std::string, std::string>&) {
        out_.texts(key, variables);
    }
    void value(const char* key, TcpFlag, Probe::Kind kind, Probe::Kind) { out_.flag(key, kind == Probe::Kind::tcp); }
    template <const auto& Fields, class Value>
    void value(const char* key, Object<Fields>, const Value& inner, const Value&) {
        out_.object(key, all(Fields, inner));
    }
    // The pauses of a probe that asks nothing are left out.
    void value(const char* key, Object<probe_fields>, const Probe& probe, const Probe&) {
        if (probe.kind != Probe::Kind::none) out_.object(key, all(probe_fields, probe));
    }
    void value(const char* key, Secrets, const std::vector<GeneratedSecret>& secrets,
               const std::vector<GeneratedSecret>&) {
        json::array list;
        for (const auto& secret : secrets)
            list.push_back(json::object{{"variable", secret.variable}, {"from", secret.from}});
        out_.array(key, std::move(list));
    }
    void value(const char* key, Limits, const std::vector<ResourceLimit>& limits, const std::vector<ResourceLimit>&) {
        json::array list;
        auto bound = [](const std::optional<std::uint64_t>& limit) {
            return limit ? json::value(*limit) : json::value();
        };
        for (const auto& limit : limits)
            list.push_back(
                json::object{{"resource", limit.resource}, {"soft", bound(limit.soft)}, {"hard", bound(limit.hard)}});
        out_.array(key, std::move(list));
    }

    WriteMembers out_;
};

}  // namespace

std::string write_pod_spec(const PodSpec& spec) {
    json::array services;
    json::array kernels;
    for (const auto& service : spec.services) services.push_back(FieldWriter::all(service_fields, service));
    for (const auto& kernel : spec.kernels) kernels.push_back(FieldWriter::all(kernel_fields, kernel));
    json::object out = FieldWriter::all(pod_fields, spec);
    out["version"] = spec.version;
    if (!services.empty()) out["services"] = std::move(services);
    if (!kernels.empty()) out["kernels"] = std::move(kernels);
    return json::canonical(out) + "\n";
}

}  // namespace tmplbuild::pod
