// SPDX-License-Identifier: Apache-2.0
// What a port gives a browser that has no session there, to come back with: random text that nobody else can make,
// which holds the path that was asked for and whether the person's own doing led to it, and is bound to the port's
// origin, for some minutes. A ticket (tickets.hpp) is bound to it. The path is in no address of the console, since it
// may hold a token. Knows no nonce that it made, so that nobody can fill its memory. Never reads a clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "console/access/sessions.hpp"
#include "console/policy/origin.hpp"

namespace tmplbuild::console {

class Nonces {
  public:
    static constexpr UnixMs lifetime_ms = 600'000;  // for typing a password

    struct Asked {
        std::string path;        // is_local_path(): where the browser goes on
        bool own_doing = false;  // no other site's page sent the browser here
    };

    Nonces();  // with a key of its own: nonces of an earlier start are none

    // A cookie's value, below 3 kB. Empty where the kernel gives no random numbers.
    std::string make(const Origin& origin, const Asked& asked, UnixMs now) const;
    // None: it was not made here for this origin, or is too old.
    std::optional<Asked> read(std::string_view nonce, const Origin& origin, UnixMs now) const;

  private:
    std::string key_;
};

}  // namespace tmplbuild::console
