// SPDX-License-Identifier: Apache-2.0
// What a port gives a browser that has no session there, to come back with: random text that nobody else can make,
// bound to the port's origin, to the path that was asked for and to whether the person's own doing led to it, for some
// minutes. A ticket (tickets.hpp) is bound to it. Knows no nonce that it made, so that nobody can fill its memory.
// Never reads a clock.
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

    Nonces();  // with a key of its own: nonces of an earlier start are none

    // `own_doing`: no other site's page sent the browser here. Empty where the kernel gives no random numbers.
    std::string make(const Origin& origin, std::string_view path, bool own_doing, UnixMs now) const;
    // Whether it was the person's own doing; none: it was not made here for this origin and path, or is too old.
    std::optional<bool> own_doing(std::string_view nonce, const Origin& origin, std::string_view path,
                                  UnixMs now) const;

  private:
    std::string key_;
};

}  // namespace tmplbuild::console
