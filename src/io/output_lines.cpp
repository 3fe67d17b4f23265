// SPDX-License-Identifier: Apache-2.0
#include "io/output_lines.hpp"

namespace tmplbuild::io {

static constexpr std::size_t max_line = 64 << 10;  // a longer line is passed on in pieces, so that memory is bounded

void OutputLines::feed(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        open_.append(text.substr(0, end));
        if (end == std::string_view::npos) {
            if (open_.size() >= max_line) tell_settled();
            return;
        }
        end_line();
        text.remove_prefix(end + 1);
    }
}

void OutputLines::flush() {
    if (!open_.empty()) end_line();
}

void OutputLines::end_line() {
    if (!open_.empty() && open_.back() == '\r') open_.pop_back();
    tell(open_);
    open_.clear();
}

// Passes on the part of an unfinished line that no secret crosses, since a secret across two pieces would be found in
// neither.
void OutputLines::tell_settled() {
    const std::size_t settled = command_.mask.settled(open_);
    if (settled == 0) return;
    tell(open_.substr(0, settled));
    open_.erase(0, settled);
}

void OutputLines::tell(const std::string& text) {
    const std::string shown = command_.mask.empty() ? text : command_.mask.masked(text);
    if (command_.on_line) command_.on_line(shown);
    tail_.push_back(shown);
    if (tail_.size() > command_.keep_tail) tail_.pop_front();
}

}  // namespace tmplbuild::io
