// SPDX-License-Identifier: Apache-2.0
// What one row of a table of pod.json says (service_fields.hpp, kernel_fields.hpp), and the kinds of values that rows
// have. Code that walks over a table has one overload for each kind: pod.json's reader, writer and check in this room,
// the reader and the schema of [[services]] in src/template. Only describes; reads and writes nothing itself.
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

namespace tmplbuild::pod {

// A kind that derives from another has the same form in pod.json, and rules of its own in a template or a check.
struct Text {};
struct Name : Text {};  // of a service
struct AbsolutePath : Text {};
struct User : Text {};      // "name", "name:group", "uid" or "uid:gid"
struct UrlPath : Text {};   // starts with '/'
struct Sha256 : Text {};    // 64 hex digits
struct Required : Text {};  // not empty
struct Texts {};
struct Command : Texts {};    // an argument vector
struct Names : Texts {};      // of services or kernels
struct Arguments : Texts {};  // that are added to a command
struct UrlPaths : Texts {};   // each starts with '/'
struct Flag {};
struct Port {};
struct Umask {};
struct Environment {};
struct Secrets {};
struct Limits {};
struct TcpFlag {};  // true: Probe::Kind::tcp
struct Number {
    std::int64_t low = 0, high = 0;
};
// Milliseconds in pod.json. A template writes whole seconds, within bounds of its own.
struct Duration : Number {
    std::int64_t least_seconds = 0, most_seconds = 0;
};
// One of an enumeration's words (names.hpp). `usual` is the value that a template means when it leaves the key out;
// pod.json may mean another one. In a template, `prefix` may stand before the word.
template <class Value>
struct Word {
    constexpr explicit Word(Value standard, const char* before = "") : usual(standard), prefix(before) {}

    Value usual;
    const char* prefix;
};
// A word that is written into pod.json even where it is the default.
template <class Value>
struct StatedWord : Word<Value> {
    using Word<Value>::Word;
};
template <class Value>
StatedWord(Value) -> StatedWord<Value>;
// A table of its own. `Fields` is a table of rows.
template <const auto& Fields>
struct Object {};
// An array of such objects.
template <const auto& Fields>
struct List {};
// An Object in pod.json. In a template, the keys of `Fields` stand among those of the table that holds it.
template <const auto& Fields>
struct Spread : Object<Fields> {};

// How a template writes a field; a field without a key cannot be written there. Editors and docs/template-reference.md
// show `meaning`. A key with an `example` is required, and the error about a missing one suggests the example.
struct InTemplate {
    const char* key = nullptr;
    const char* meaning = "";
    const char* example = nullptr;
};

template <class Owner, class Value, class Kind>
struct Field {
    constexpr Field(const char* json_key, Value Owner::*where, Kind what, InTemplate written = {})
        : key(json_key), member(where), kind(what), in_template(written) {}

    const char* key;  // in pod.json
    Value Owner::*member;
    Kind kind;
    InTemplate in_template;
};

template <class Fields, class Visit>
constexpr void for_each_field(const Fields& fields, const Visit& visit) {
    std::apply([&](const auto&... field) { (visit(field), ...); }, fields);
}

}  // namespace tmplbuild::pod
