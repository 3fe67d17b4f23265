// SPDX-License-Identifier: Apache-2.0
// Reads one table of TOML key by key: right type, right range, nothing left over. Each mistake becomes one error in the
// report and reading goes on, so that all errors of a file are shown. Never decides what a key means. Used by the
// readers of templates and of catalogues.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "toml/list_hint.hpp"
#include "toml/node.hpp"
#include "toml/report.hpp"

namespace tmplbuild {

// A value with its place.
template <class T>
struct Placed {
    T value;
    SourcePos pos;
};

class TableReader {
  public:
    // `label` is the table's name in messages: "[base]", "[[services]]". A node that is no table is one error, and all
    // its keys then count as absent.
    TableReader(const toml_tree::Node& table, std::string label, Report& report);

    // Each returns nullopt (or an empty list) when the key is absent or wrong; only the wrong ones are reported.
    std::optional<Placed<std::string>> text(std::string_view key);  // not empty, no NUL
    std::optional<Placed<std::int64_t>> integer(std::string_view key, std::int64_t least, std::int64_t most);
    std::optional<Placed<double>> number(std::string_view key);  // an integer or a fraction, above 0
    std::optional<Placed<bool>> boolean(std::string_view key);
    // `kind` only decides how a hint turns one text into a list.
    std::vector<Placed<std::string>> texts(std::string_view key, ListOf kind = ListOf::texts);
    std::map<std::string, std::string> text_map(std::string_view key);
    // One of `names`, with or without `prefix` before it: returns its index in the list.
    std::optional<std::size_t> choice(std::string_view key, const std::vector<std::string>& names,
                                      std::string_view prefix = {});
    const toml_tree::Node* table(std::string_view key);
    std::vector<const toml_tree::Node*> tables(std::string_view key);  // [[key]], or an array of inline tables
    const toml_tree::Node* any(std::string_view key);                  // the node itself, of any type

    bool has(std::string_view key) const { return node_.find(key) != nullptr; }
    const SourcePos& pos() const { return node_.pos; }
    SourcePos pos_of(std::string_view key) const;  // the place of the value; of the table where the key is absent
    SourcePos key_pos_of(std::string_view key) const;
    const std::string& label() const { return label_; }

    // Reports `key` when it is absent. `example` shows what to write: "name = \"my-image\"".
    bool require(std::string_view key, std::string_view example);
    // Reports "'key' in [label] must be <expected>, found <node>".
    void wrong(std::string_view key, const toml_tree::Node& node, const std::string& expected, std::string hint = {});
    // Reports "'key' in [label] <problem>", at the value.
    void error(std::string_view key, const std::string& problem, std::string hint = {});

    // The hint for a key of another table that people write here. "environment" → "write it under [image]".
    void hint_for(std::string key, std::string hint) { hints_[std::move(key)] = std::move(hint); }
    // Reports every key that no call has read. To be called last.
    void finish();

  private:
    std::string named(std::string_view key) const;
    std::optional<std::string> as_text(const toml_tree::Node& node, const std::string& what);

    const toml_tree::Node& node_;
    std::string label_;
    Report& report_;
    std::vector<std::string> asked_;
    std::map<std::string, std::string> hints_;
};

// The values without their places.
std::vector<std::string> values(const std::vector<Placed<std::string>>& list);

}  // namespace tmplbuild
