// SPDX-License-Identifier: Apache-2.0
#include "podlog/line_blocks.hpp"

namespace tmplbuild::launch {

static constexpr std::size_t longest_open_line = 16 << 10;

void LineBlocks::feed(std::string_view text, const Masker& masker, const Take& take) {
    const std::size_t end = text.rfind('\n');
    if (end != std::string_view::npos) {
        std::string block = std::move(open_);
        block.append(text.substr(0, end + 1));
        open_.clear();
        text.remove_prefix(end + 1);
        take(block);
    }
    open_.append(text);
    if (open_.size() < longest_open_line) return;
    // A secret that fills the whole line leaves nothing before it: then the line waits for its end a little longer.
    const std::size_t cut = masker.safe_cut(open_);
    if (cut == 0 && open_.size() < 4 * longest_open_line) return;
    std::string block = open_.substr(0, cut == 0 ? open_.size() : cut) + "\n";
    open_.erase(0, block.size() - 1);
    take(block);
}

void LineBlocks::flush(const Take& take) {
    if (open_.empty()) return;
    std::string block = std::move(open_) + "\n";
    open_.clear();
    take(block);
}

}  // namespace tmplbuild::launch
