// SPDX-License-Identifier: Apache-2.0
#include "podlog/line_ring.hpp"

namespace tmplbuild::launch {

static std::string_view newest(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    const std::size_t from = text.size() - limit;
    // The byte before the part decides whether it begins with a whole line.
    const std::size_t end = text.find('\n', from - 1);
    return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

void LineRing::add(std::string_view block) {
    if (block.size() > limit_) text_.clear();
    block = newest(block, limit_);
    if (text_.size() + block.size() > 2 * limit_)
        text_ = newest(text_, limit_ > block.size() ? limit_ - block.size() : 0);
    text_.append(block);
}

std::string LineRing::last(std::size_t lines) const {
    const std::string_view text = newest(text_, limit_);
    std::size_t at = text.size();
    while (at > 0 && lines > 0) {
        const std::size_t end = at < 2 ? std::string_view::npos : text.rfind('\n', at - 2);
        at = end == std::string_view::npos ? 0 : end + 1;
        --lines;
    }
    return std::string(text.substr(at));
}

}  // namespace tmplbuild::launch
