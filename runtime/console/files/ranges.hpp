// SPDX-License-Identifier: Apache-2.0
// The headers by which a client asks for a part of a file, or for nothing where it has the file already (RFC 9110,
// sections 13 and 14). Used by downloads. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tmplbuild::console::files {

struct Part {
    enum class Kind { whole, part, unsatisfiable } kind = Kind::whole;
    std::uint64_t first = 0, size = 0;  // of the whole, too
};
// One range of bytes is a part. Several ones, other units and what is no range are answered with the whole.
Part part_of(std::string_view range, std::uint64_t size);

struct FileState {
    std::string etag{}, modified{};  // "\"…\"", and a date as HTTP has it
};
// If-None-Match, or If-Modified-Since where that did not come: the client has this state.
bool has_it_already(const FileState& state, std::string_view if_none_match, std::string_view if_modified_since);
// If-Range: whether the client's part belongs to this state.
bool range_counts(const FileState& state, std::string_view if_range);

std::string http_date(std::int64_t seconds);

}  // namespace tmplbuild::console::files
