// SPDX-License-Identifier: Apache-2.0
#include "podlog/line_blocks.hpp"

#include "base/utf8.hpp"

namespace tmplbuild::launch {

static constexpr std::size_t longest_open_line = 16 << 10;

// What a terminal shows of a line (without its '
// ') that "\r" overwrites: its newest state.
static std::string_view newest_state(std::string_view line) {
    const std::size_t last = line.find_last_not_of('\r');
    if (last == std::string_view::npos) return {};
    const std::size_t before = line.rfind('\r', last);
    const std::size_t first = before == std::string_view::npos ? 0 : before + 1;
    return line.substr(first, last + 1 - first);
}

// Reduces each line of a block to its newest state.
static std::string newest_states(std::string_view block) {
    std::string out;
    for (; !block.empty(); block.remove_prefix(block.find('\n') + 1))
        out.append(newest_state(block.substr(0, block.find('\n')))).append("\n");
    return out;
}

void LineBlocks::end_lines(std::string_view text, const Take& take) {
    std::string block = std::move(open_);
    open_.clear();
    block.append(text);
    if (block.find('\r') != std::string::npos) block = newest_states(block);
    // If the bar ended in the state that was given last, that state is not given again.
    if (!shown_.empty() && block.starts_with(shown_) && block[shown_.size()] == '\n') block.erase(0, shown_.size() + 1);
    shown_.clear();
    shown_at_ = never;
    news_ = false;
    if (!block.empty()) take(block);
}

void LineBlocks::keep_newest_state() {
    // A '\r' at the very end may be the first half of a Windows line end; then there is no new state yet.
    const std::size_t last = open_.find_last_not_of('\r');
    const std::size_t before = last == std::string::npos ? last : open_.rfind('\r', last);
    if (before == std::string::npos) {
        news_ = news_ || (shown_at_ != never && newest_state(open_) != shown_);
        return;
    }
    open_.erase(0, before + 1);
    news_ = newest_state(open_) != shown_;
}

void LineBlocks::feed(std::string_view text, const SecretMask& mask, Time now, const Take& take) {
    const std::size_t end = text.rfind('\n');
    if (end != std::string_view::npos) {
        end_lines(text.substr(0, end + 1), take);
        text.remove_prefix(end + 1);
    }
    if (text.empty()) return;
    open_.append(text);
    keep_newest_state();
    if (news_ && (shown_at_ == never || now >= due())) tick(mask, now, take);
    if (open_.size() >= longest_open_line) cut_long_line(mask, take);
}

void LineBlocks::tick(const SecretMask& mask, Time now, const Take& take) {
    if (!news_) return;
    std::string state(newest_state(open_));
    // More of the state may follow, so it ends before half a secret or half a character.
    state.resize(mask.settled(state));
    state.resize(state.size() - unfinished_bytes(state));
    news_ = false;
    shown_at_ = now;
    if (state.empty()) return;
    shown_ = state;
    take(state += '\n');
}

void LineBlocks::cut_long_line(const SecretMask& mask, const Take& take) {
    // Before a secret that fills the whole line there is nothing to give: then the line waits for its end a little
    // longer.
    std::size_t cut = mask.settled(open_);
    cut -= unfinished_bytes(std::string_view(open_).substr(0, cut));
    if (cut == 0 && open_.size() < 4 * longest_open_line) return;
    std::string block = open_.substr(0, cut == 0 ? open_.size() : cut) + "\n";
    open_.erase(0, block.size() - 1);
    take(block);
}

void LineBlocks::flush(const Take& take) {
    if (!open_.empty()) end_lines("\n", take);
}

}  // namespace tmplbuild::launch
