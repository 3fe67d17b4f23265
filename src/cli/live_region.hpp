// SPDX-License-Identifier: Apache-2.0
// The lines at the bottom of a terminal that are drawn again and again, as bytes to send: pure, so that tests can
// compare every byte. Used by the terminal's progress view. Never writes, never asks for the terminal's size.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tmplbuild::cli {

struct TerminalSize {
    std::size_t width = 80, height = 24;
    bool operator==(const TerminalSize&) const = default;
};

class LiveRegion {
  public:
    // Replaces what was drawn by `lines`, which are plain text: cut to the width, and to the height with a count of the
    // hidden ones. `above` (one line, colours allowed; empty: none) stays above them for good. Finds the region's first
    // row again even after the window became narrower and the terminal wrapped drawn lines (as tmux, VTE, kitty and
    // xterm.js do). Uses ECMA-48 sequences only.
    std::string draw(const std::vector<std::string>& lines, TerminalSize size, const std::string& above = {});
    // Removes the region and leaves the cursor where its first line was; text below it (an echoed "^C") is removed too.
    std::string clear(TerminalSize size);

  private:
    std::size_t rows(TerminalSize size) const;
    std::vector<std::size_t> drawn_;  // columns of each line
    TerminalSize size_;               // when they were drawn
};

}  // namespace tmplbuild::cli
