// SPDX-License-Identifier: Apache-2.0
#include "podlog/line_ring.hpp"

#include <algorithm>

namespace tmplbuild::launch {

static constexpr std::size_t first_room = 1 << 10;

static std::string_view newest(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    const std::size_t from = text.size() - limit;
    // The byte before the part tells whether the part begins with a whole line.
    const std::size_t end = text.find('\n', from - 1);
    // A line that is longer than the whole part is shown from its middle on.
    return end == std::string_view::npos || end + 1 == text.size() ? text.substr(from) : text.substr(end + 1);
}

void LineRing::append(std::string_view text) {
    const std::size_t needed = bytes_.size() + text.size();
    if (needed > bytes_.capacity())
        bytes_.reserve(std::min(limit_, std::max({needed, 2 * bytes_.capacity(), first_room})));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
}

void LineRing::overwrite(std::string_view text) {
    if (text.empty()) return;
    forgot_ = true;
    torn_ = bytes_[(oldest_ + text.size() - 1) % limit_] != '\n';
    const std::size_t first = std::min(text.size(), limit_ - oldest_);
    std::copy_n(text.begin(), first, bytes_.begin() + static_cast<std::ptrdiff_t>(oldest_));
    std::copy(text.begin() + static_cast<std::ptrdiff_t>(first), text.end(), bytes_.begin());
    oldest_ = (oldest_ + text.size()) % limit_;
}

void LineRing::add(std::string_view block) {
    if (block.size() > limit_) {
        forgot_ = true;
        bytes_.clear();
        oldest_ = 0;
        torn_ = false;
        block = newest(block, limit_);
    }
    const std::size_t room = std::min(limit_ - bytes_.size(), block.size());
    append(block.substr(0, room));
    overwrite(block.substr(room));
}

std::string LineRing::last(std::size_t lines) const {
    const auto middle = bytes_.begin() + static_cast<std::ptrdiff_t>(oldest_);
    std::string text(middle, bytes_.end());
    text.append(bytes_.begin(), middle);
    if (torn_) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
    std::size_t at = text.size();
    while (at > 0 && lines > 0) {
        const std::size_t end = at < 2 ? std::string::npos : text.rfind('\n', at - 2);
        at = end == std::string::npos ? 0 : end + 1;
        --lines;
    }
    return text.substr(at);
}

}  // namespace tmplbuild::launch
