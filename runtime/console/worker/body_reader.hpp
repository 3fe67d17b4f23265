// SPDX-License-Identifier: Apache-2.0
// A request's body as it comes on the connection: of a said length, or in chunks (RFC 9112, sections 6 and 7). Used by
// the conversation. Keeps nothing of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "console/web/request.hpp"
#include "console/worker/connection.hpp"

namespace tmplbuild::console {

class BodyReader {
  public:
    BodyReader(Connection& connection, const HeaderList& headers);

    // Longer bodies are refused with 413: at once, where the length is said.
    Reply<void> set_limit(std::uint64_t bytes);
    // At least one byte; 0: that was all. A body that ends before its length is a refusal, never a short body.
    Reply<std::size_t> read(std::span<char> into);
    // All that is left, at most `limit` bytes.
    Reply<std::string> read_all(std::uint64_t limit);

    std::optional<std::uint64_t> length() const { return length_; }  // as it was said; none: in chunks
    bool is_at_end() const { return is_done_; }

  private:
    Reply<void> begin();  // says "go on" to a client that waits for that
    Reply<std::string> read_line();
    Reply<void> next_chunk();
    Reply<std::size_t> read_part(std::span<char> into);

    Connection& connection_;
    std::optional<std::uint64_t> length_{};
    bool is_chunked_ = false, expects_word_ = false, is_in_chunks_ = false, is_done_ = false;
    std::uint64_t left_ = 0;  // of the body, or of the chunk
    std::uint64_t limit_ = UINT64_MAX, taken_ = 0;
};

}  // namespace tmplbuild::console
