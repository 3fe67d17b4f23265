// SPDX-License-Identifier: Apache-2.0
#include "cli/live_region.hpp"
#include "base/printable.hpp"

#include <algorithm>

namespace tmplbuild::cli {

static TerminalSize usable(TerminalSize size) {
    return {std::max<std::size_t>(size.width, 1), std::max<std::size_t>(size.height, 2)};
}

// The number of rows that the region takes at this size.
std::size_t LiveRegion::rows(TerminalSize size) const {
    std::size_t sum = 0;
    for (const std::size_t width : drawn_) sum += std::max<std::size_t>(1, (width + size.width - 1) / size.width);
    return std::min(sum, size.height - 1);  // rows that scrolled out of the window cannot be reached
}

std::string LiveRegion::draw(const std::vector<std::string>& lines, TerminalSize size, const std::string& above) {
    size = usable(size);
    // With nothing to write, the code below would erase from the region's first cell on, and that can be the screen's
    // first cell.
    if (lines.empty() && above.empty()) return clear(size);
    std::string out;
    // A terminal keeps rows that a resize wrapped joined until each row is erased as a whole.
    if (!drawn_.empty() && size != size_) out = clear(size);
    const std::size_t before = rows(size);
    out += "\r";
    if (before != 0) out += "\033[" + std::to_string(before) + "A";
    size_ = size;
    drawn_.clear();
    // Erased after the text and not before it, so that nothing flickers.
    if (!above.empty()) out += above + "\033[K\n";
    // One row stays free for the cursor, since a line in the last row would scroll the window.
    const std::size_t room = size.height - 1;
    const bool all = lines.size() <= room;
    for (std::size_t i = 0; i < (all ? lines.size() : room); ++i) {
        std::string line = lines[i];
        if (!all && i + 1 == room) line = "… and " + std::to_string(lines.size() - i) + " more";
        // The last column stays free too, since terminals disagree about where the cursor is after it.
        line = clipped(line, size.width - 1);
        drawn_.push_back(columns(line));
        out += line + "\033[K\n";
    }
    return out + "\033[J";
}

std::string LiveRegion::clear(TerminalSize size) {
    if (drawn_.empty()) return {};
    // Erases row by row: "erase all below" from a screen's first cell would move the screen into tmux's history.
    std::string out = "\r\033[J";
    for (std::size_t row = rows(usable(size)); row != 0; --row) out += "\033[1A\033[2K";
    drawn_.clear();
    return out;
}

}  // namespace tmplbuild::cli
