// SPDX-License-Identifier: Apache-2.0
// A body of multipart/form-data (RFC 7578) as it comes: part after part, each read in pieces. Headers are bounded, the
// content of a part is not, and nothing of it is kept. Used by uploads. Knows no file and no network.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "console/worker/refusal.hpp"

namespace tmplbuild::console::files {

struct FormPart {
    std::string name{};                      // of the form's field
    std::optional<std::string> file_name{};  // none: a value, no file
};

class Multipart {
  public:
    // At least one byte, or 0 at the end.
    using Source = std::function<Reply<std::size_t>(std::span<char>)>;
    Multipart(Source source, std::string boundary);
    // The boundary of a Content-Type; refused where it is no multipart/form-data, or has no boundary that may be one.
    static Reply<std::string> boundary_of(std::string_view content_type);

    // The next part, what was left of the one before passed over; none: that was the last.
    Reply<std::optional<FormPart>> next();
    // Of this part: at least one byte, or 0 at its end.
    Reply<std::size_t> read(std::span<char> into);
    // All of this part, where it is short.
    Reply<std::string> read_value(std::size_t limit);

  private:
    Reply<void> fill();
    Reply<std::string> read_line();
    Reply<std::string> read_line_after_mark();
    Reply<FormPart> read_headers();

    Source source_;
    std::string mark_;    // CRLF, two hyphens, the boundary
    std::string buffer_;  // what was read and not taken yet
    std::size_t taken_ = 0;
    int parts_ = 0;
    bool in_part_ = false, is_over_ = false;
};

}  // namespace tmplbuild::console::files
