// SPDX-License-Identifier: Apache-2.0
#include "toml/report.hpp"

#include <algorithm>
#include <tuple>

namespace tmplbuild {

void Report::error(const SourcePos& where, std::string message, std::string hint) {
    Error error = usage_error(std::move(message), std::move(hint));
    error.where = where;
    add(std::move(error));
}

void Report::add(Error error) {
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) error.while_doing(*frame);
    // A recipe that is used twice, or a key that is read twice, would report the same error twice.
    const bool known = std::any_of(errors_.begin(), errors_.end(), [&](const Error& other) {
        return other.message == error.message && other.where == error.where && other.doing == error.doing;
    });
    if (!known) errors_.push_back(std::move(error));
}

void Report::raise_if_any(const std::string& template_file) {
    if (errors_.empty()) return;
    const auto rank = [&](const SourcePos& pos) { return pos.file == template_file ? 0 : pos.line == 0 ? 1 : 2; };
    std::stable_sort(errors_.begin(), errors_.end(), [&](const Error& a, const Error& b) {
        const SourcePos p = a.where.value_or(SourcePos{}), q = b.where.value_or(SourcePos{});
        return std::make_tuple(rank(p), p.file, p.line, p.column) < std::make_tuple(rank(q), q.file, q.line, q.column);
    });
    throw BuildError(errors_);
}

}  // namespace tmplbuild
