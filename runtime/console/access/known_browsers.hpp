// SPDX-License-Identifier: Apache-2.0
// Tells browsers that signed in before from others, so that a flood of wrong passwords cannot keep them out: each gets
// a mark that nobody else can make. A mark opens nothing; it only gives a sign-in a place that others cannot take.
// Keeps no list. Never reads a clock.
#pragma once

#include <string>
#include <string_view>

#include "console/access/sessions.hpp"

namespace tmplbuild::console {

class KnownBrowsers {
  public:
    static constexpr UnixMs lifetime_ms = 180LL * 24 * 3'600'000;

    // `key`: 64 hex digits that stay the same over restarts of the console. Empty: no browser is known.
    explicit KnownBrowsers(std::string key) : key_(std::move(key)) {}
    std::string mark(UnixMs now) const;  // empty where the kernel gives no random numbers
    bool knows(std::string_view mark, UnixMs now) const;

  private:
    std::string key_;
};

// Reads the key that FILE keeps, or makes one and writes it there with mode 0600; one for this run where that fails.
std::string read_or_make_browser_key(const std::string& file);

}  // namespace tmplbuild::console
