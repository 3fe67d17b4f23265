// SPDX-License-Identifier: Apache-2.0
#include "base/secret_mask.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

std::vector<std::string> parts_of(std::string_view content) {
    std::vector<std::string> out;
    std::size_t at = 0;
    while (at <= content.size()) {
        const std::size_t end = std::min(content.find_first_of("\r\n", at), content.size());
        const std::string_view part = trim(content.substr(at, end - at));
        if (part.size() >= SecretMask::shortest) out.emplace_back(part);
        at = end + 1;
    }
    return out;
}

}  // namespace

bool SecretMask::hide(std::string_view content) {
    std::vector<std::string> parts = parts_of(content);
    const bool hidden = !parts.empty() || trim(content).empty();
    for (std::string& part : parts)
        if (std::find(parts_.begin(), parts_.end(), part) == parts_.end()) parts_.push_back(std::move(part));
    return hidden;
}

bool SecretMask::can_hide(std::string_view content) { return !parts_of(content).empty(); }

// Sorted ranges that do not overlap. Ranges that only touch stay separate, since a stream may be cut between them.
std::vector<SecretMask::Range> SecretMask::ranges(std::string_view text) const {
    std::vector<Range> found;
    const auto add = [](std::vector<Range>& to, std::size_t first, const Range& range) {
        if (to.size() > first && range.begin < to.back().end)
            to.back().end = std::max(to.back().end, range.end);
        else
            to.push_back(range);
    };
    for (const std::string& part : parts_) {
        // only ranges of the same part are merged here, which bounds their number
        const std::size_t first = found.size();
        for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at)
            add(found, first, {at, at + part.size()});
    }
    std::sort(found.begin(), found.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
    std::vector<Range> out;
    for (const Range& range : found) add(out, 0, range);
    return out;
}

std::string SecretMask::masked(std::string_view text) const {
    std::string out;
    std::size_t at = 0;
    for (const Range& range : ranges(text)) {
        out += text.substr(at, range.begin - at);
        out += "***";
        at = range.end;
    }
    out += text.substr(at);
    return out;
}

void SecretMask::apply(std::string& text) const {
    if (!ranges(text).empty()) text = masked(text);
}

std::size_t SecretMask::settled(std::string_view text) const {
    std::size_t cut = text.size();
    for (const std::string& part : parts_)
        for (std::size_t n = std::min(part.size() - 1, text.size()); n > text.size() - cut; --n)
            if (text.ends_with(std::string_view(part).substr(0, n))) {
                cut = text.size() - n;
                break;
            }
    for (bool moved = true; moved;) {
        moved = false;
        for (const std::string& part : parts_) {
            const std::size_t from = cut - std::min(cut, part.size() - 1);
            const std::size_t at = text.substr(from, 2 * part.size()).find(part);
            if (at == std::string_view::npos || from + at >= cut) continue;
            cut = from + at;
            moved = true;
        }
    }
    return cut;
}

}  // namespace tmplbuild
