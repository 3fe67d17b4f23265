// SPDX-License-Identifier: Apache-2.0
// What a worker is told of the request whose connection it gets, and what the two processes say to each other on the
// line between them. Written by handed_children, read by console/worker. Holds no cookie and no token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "console/web/request.hpp"

namespace tmplbuild::console {

// A worker says one of these bytes within each deadline, or it is taken for stuck.
namespace line_word {
inline constexpr char at_work = '.';    // it goes on
inline constexpr char long_step = 'L';  // its next step may take long (fsync of a large file)
inline constexpr char begins = '!';     // the first byte of its answer comes now
}  // namespace line_word

struct HandedFacts {
    std::string route{};               // the row of the table: "GET /api/uploads/{}"
    std::string method{};              // the client's: GET or HEAD, for a row with GET
    std::vector<std::string> words{};  // what stands in place of {}, decoded
    std::string query{};               // undecoded
    HeaderList headers{};
    std::string received{};  // of the body, as it came on the connection: what was read with the head

    std::string to_text() const;
    static Result<HandedFacts> parse(std::string_view text);
};

// The headers that a worker may see: without what proves who the sender is, and without the gateway's own.
HeaderList without_credentials(const HeaderList& headers);

}  // namespace tmplbuild::console
