// SPDX-License-Identifier: Apache-2.0
// The kinds of text that several tables hold: names, paths, addresses, digests, package names. Each check reports at
// the value's own place and says what was expected. Used by the readers of templates and by those who need the same
// rules. Never touches disk or network.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/grammar.hpp"
#include "template/requirement.hpp"
#include "template/template.hpp"
#include "toml/report.hpp"
#include "toml/table_reader.hpp"

namespace tmplbuild {

// What every reader of one document shares; a document is the template or one use of a recipe in it.
struct Reading {
    Report& report;
    std::filesystem::path context;  // absolute: relative paths count from it and must stay inside
    std::string recipe;             // the recipe's name; empty: the template itself
};

std::string make_name(std::string_view text);  // the nearest valid name: "My File.txt" → "my-file.txt"
// The value of `key` if it is a name and none of `reserved`.
std::optional<std::string> read_name(TableReader& table, std::string_view key,
                                     const std::vector<std::string>& reserved = {});

enum class PathUse { file, folder, inspect };  // `folder`: a whole tree of its own; `inspect`: only read
// An absolute path inside the image, without doubled or final slashes ("/" alone for the root; a final slash stays with
// `keep_slash`). Places that belong to the pod, the launcher or Linux are refused, except for `inspect`.
std::string read_image_path(TableReader& table, std::string_view key, PathUse use, bool keep_slash = false);
// Why a template may put nothing at an absolute path of the image: it belongs to the pod, the launcher or Linux.
// nullptr where it may.
const char* reserved_reason(std::string_view path);
// A path below `context`, as an absolute one; empty when wrong. It is judged as text; resolve/context_files.hpp follows
// links when the file is read.
std::filesystem::path read_context_path(TableReader& table, std::string_view key, const std::filesystem::path& context);
// The same, as an item that is copied from there.
FileItem read_context_item(TableReader& table, std::string_view key, const std::filesystem::path& context);

std::string read_url(TableReader& table, std::string_view key, const std::vector<std::string>& schemes);
std::string read_hex(TableReader& table, std::string_view key, std::size_t digits, const std::string& hint);
std::optional<std::uint32_t> read_mode(TableReader& table, std::string_view key);
StringMap read_environment(TableReader& table, std::string_view key);
// Names as in Debian Policy 5.6.1; they need not be sorted or unique.
std::vector<std::string> read_debian_packages(TableReader& table, std::string_view key, Report& report);
// Python requirements (requirement.hpp). Where addresses are allowed, one of http or https must have a sha256.
enum class Addresses { allowed, refused };
std::vector<std::string> read_requirements(TableReader& table, std::string_view key, Report& report,
                                           Addresses addresses);
// The `indexes` of a python layer; at most one of them may name a project.
std::vector<PythonIndex> read_indexes(TableReader& table, std::string_view key, Report& report);
// An argument vector: an array that is not empty and whose first part is not empty.
std::vector<std::string> read_command(TableReader& table, std::string_view key);
// The one key of `keys` that is present; an error when none or several are. `examples` shows what to write.
std::optional<std::string> exactly_one(TableReader& table, Report& report, const std::vector<std::string>& keys,
                                       const std::string& example);

// Reports the words in braces (podspec/placeholders.hpp) that are not in `known`.
void check_placeholders(const std::vector<Placed<std::string>>& list, const std::vector<std::string>& known,
                        const std::string& what, Report& report);

}  // namespace tmplbuild
