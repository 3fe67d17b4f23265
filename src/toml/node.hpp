// SPDX-License-Identifier: Apache-2.0
// A TOML document as our own values, each with its place. Readers of templates, recipes and catalogues walk it, `--set`
// changes it, and recipe parameters are put into it. Made by toml_text.cpp; knows nothing of the text any more.
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
    std::string text;             // of a text; of a time, in TOML's form
    std::int64_t integer = 0;     // of an integer
    double real = 0;              // of a real
    bool flag = false;            // of a boolean
    std::vector<Node> items;      // of an array
    std::vector<Member> members;  // of a table, sorted by key
    SourcePos pos;
    // The text after `--set key=`, for a scalar: where a string is needed, this is taken, so that `--set
    // targets.cuda=13.0` needs no quotes. Absent everywhere else.
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
