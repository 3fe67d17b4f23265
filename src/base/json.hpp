// SPDX-License-Identifier: Apache-2.0
// Boost.JSON under our own name, with the two text forms that we write and reads that say where they failed.
// Everything that stores or speaks JSON uses this. Never decides what a document means.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// All three replace bytes that are not UTF-8 by U+FFFD, since JSON has no other text (RFC 8259, section 8.1) and what
// other programs print or name reaches our documents.
// One line, with the keys in the order of the object. Programs send each other this form.
std::string compact(const value& v);
// Compact and canonical: object keys sorted by bytes, no white space. Equal values give equal bytes.
std::string canonical(const value& v);
// For people and diffs: two spaces, keys in their own order, an array or object of plain values (no containers
// inside) on one line when it fits in 400 columns (a package with its hash, so that a diff shows it whole). Ends with a
// newline.
std::string pretty(const value& v);
// Strict RFC 8259, nesting at most 64; `name` is the file's name, for the error.
Result<value> parse(std::string_view text, const std::string& name);

// Typed look-ups in a parsed object: an error names the key and what was expected.
Result<std::string> get_string(const object& o, std::string_view key);
Result<std::int64_t> get_int(const object& o, std::string_view key);
Result<const object*> get_object(const object& o, std::string_view key);
Result<const array*> get_array(const object& o, std::string_view key);
std::string string_or(const object& o, std::string_view key, std::string_view fallback);
std::int64_t int_or(const object& o, std::string_view key, std::int64_t fallback);
bool bool_or(const object& o, std::string_view key, bool fallback);

}  // namespace tmplbuild::json
