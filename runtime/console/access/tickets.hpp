// SPDX-License-Identifier: Apache-2.0
// One-time tickets: how a browser that signed in at the console is let in at another port. The port gives the browser a
// nonce; the console posts a ticket that is bound to that nonce, to the port's origin and to the session; the port
// takes it once, within a minute. Never reads a clock, and knows no more than `at_most` tickets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "console/access/sessions.hpp"
#include "console/policy/origin.hpp"

namespace tmplbuild::console {

class Tickets {
  public:
    static constexpr UnixMs lifetime_ms = 60'000;
    static constexpr std::size_t at_most = 256;  // the oldest goes first

    struct Bound {
        std::string session;  // Sessions::Found::id
        Origin origin;        // of the port that is to be opened
        Digest nonce;         // SHA-256 of the nonce that the port gave
    };

    // The ticket: 64 hex digits. Empty where the kernel gives no random numbers.
    std::string issue(Bound bound, UnixMs now);
    // Whatever comes out, the ticket is used up. An error says in words why it opens nothing.
    Result<Bound> redeem(std::string_view ticket, const Origin& origin, std::string_view nonce, UnixMs now);

  private:
    struct Issued {
        Bound bound;
        UnixMs at = 0;
    };
    std::map<Digest, Issued> issued_;
};

// Whether a browser that is sent there stays on its origin: one slash, then no slash or backslash, no control
// characters, at most 2048 bytes.
bool is_local_path(std::string_view path);

}  // namespace tmplbuild::console
