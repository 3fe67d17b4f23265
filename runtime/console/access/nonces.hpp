// SPDX-License-Identifier: Apache-2.0
// What a port gives a browser that has no session there, to come back with: random text that nobody else can make,
// bound to the path that was asked for and to whether the person's own doing led to it. A ticket (tickets.hpp) is bound
// to it. Knows no nonce that it made, so that nobody can fill its memory. Never reads a clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild::console {

class Nonces {
  public:
    Nonces();  // with a key of its own: nonces of an earlier start are none

    // `own_doing`: no other site's page sent the browser here. Empty where the kernel gives no random numbers.
    std::string make(std::string_view path, bool own_doing) const;
    // Whether it was the person's own doing; none: it was not made here for this path.
    std::optional<bool> own_doing(std::string_view nonce, std::string_view path) const;

  private:
    std::string sealed(std::string_view start, std::string_view path) const;

    std::string key_;
};

}  // namespace tmplbuild::console
