// SPDX-License-Identifier: Apache-2.0
// Reads the fields of a table (field.hpp) out of one JSON object of pod.json. Used by pod.json's reader. ReadMembers
// keeps the message of the first wrong value; nothing is thrown.
#pragma once

#include <type_traits>

#include "podspec/field.hpp"
#include "podspec/member_count.hpp"
#include "podspec/members.hpp"
#include "podspec/names.hpp"

namespace tmplbuild::pod {

// Whether each member of the struct has a row in its table, apart from `others` members.
template <class Owner, class Fields>
constexpr bool has_all(const Fields&, std::size_t others = 0) {
    return member_count<Owner>() == std::tuple_size_v<Fields> + others;
}

// What needs more than the kind of one field; these are in field_values.cpp.
std::string either(const std::vector<std::string>& words);  // "always, on-failure or never"
void settle_kind(const std::string& name, Probe& probe, ReadMembers& in);
void read_limits(const json::array& list, std::vector<ResourceLimit>& out, ReadMembers& parent);
void read_environment(const json::object& object, std::map<std::string, std::string>& out, ReadMembers& parent);
void read_secrets(const json::array& list, std::vector<GeneratedSecret>& out, ReadMembers& parent);

// One overload for each kind.
class FieldReader {
  public:
    // Fields that the table does not have are added to `notes`.
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
        if (const auto* object = in_.object(key)) read_inner<Fields>(*object, key, out);
    }
    template <const auto& Fields, class Value>
    void value(const char* key, List<Fields>, std::vector<Value>& out) {
        const auto* list = in_.array(key);
        if (list == nullptr) return;
        for (const auto& element : *list) {
            const auto* object = element.if_object();
            if (object == nullptr) return in_.wrong(key, "an array of objects");
            read_inner<Fields>(*object, key, out.emplace_back());
        }
    }
    template <const auto& Fields, class Value>
    void read_inner(const json::object& object, const char* key, Value& out) {
        static_assert(has_all<Value>(Fields), "a member of this struct has no row in its table");
        ReadMembers inner(object, in_.where() + key + ".");
        FieldReader(inner, notes_).all(Fields, out);
        if constexpr (std::is_same_v<Value, Probe>) settle_kind(key, out, inner);
        inner.note_unknown(notes_);
        if (in_.problem.empty()) in_.problem = inner.problem;
    }

    ReadMembers& in_;
    std::vector<std::string>& notes_;
};

}  // namespace tmplbuild::pod
