// SPDX-License-Identifier: Apache-2.0
// A TOML document as our own values, each with its place: what the readers of this room walk, what `--set` changes
// and what recipe parameters are put into. Made by toml_text.cpp; never leaves src/template/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::toml_tree {

struct Member;

struct Node {
    enum class Kind { text, integer, real, boolean, time, array, table };

    Kind kind = Kind::table;
    std::string text;             // of a text; of a time, as TOML writes it
    std::int64_t integer = 0;     // of an integer
    double real = 0;              // of a real
    bool flag = false;            // of a boolean
    std::vector<Node> items;      // of an array
    std::vector<Member> members;  // of a table, sorted by key
    SourcePos pos;
    // A scalar as it was typed after `--set key=`: a place that wants a string takes this, so that
    // `--set targets.cuda=13.0` needs no quotes. Absent everywhere else.
    std::optional<std::string> typed;

    static Node make_text(std::string value, SourcePos where);
    static Node make_table(SourcePos where);

    bool is_table() const { return kind == Kind::table; }
    bool is_array() const { return kind == Kind::array; }
    bool is_text() const { return kind == Kind::text; }
    const Member* find(std::string_view key) const;  // of a table; nullptr when absent
    Member* find(std::string_view key);
    Node& insert_or_assign(const std::string& key, const SourcePos& key_pos, Node value);

    const char* kind_name() const;  // "a string", "an integer", …
    std::string describe() const;   // "the string \"abc\"", "the integer 7", "a table"
};

struct Member {
    std::string key;
    SourcePos key_pos;
    Node value;
};

}  // namespace tmplbuild::toml_tree
