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

void SecretMask::hide(std::string_view content) {
    for (std::string& part : parts_of(content)) {
        if (std::find(parts_.begin(), parts_.end(), part) != parts_.end()) continue;
        longest_ = std::max(longest_, part.size());
        parts_.push_back(std::move(part));
    }
}

bool SecretMask::can_hide(std::string_view content) { return !parts_of(content).empty(); }

std::vector<SecretMask::Range> SecretMask::ranges(std::string_view text) const {
    std::vector<Range> found;
    for (const std::string& part : parts_)
        for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at)
            found.push_back({at, at + part.size()});
    std::sort(found.begin(), found.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
    std::vector<Range> out;
    for (const Range& range : found) {
        if (!out.empty() && range.begin <= out.back().end)
            out.back().end = std::max(out.back().end, range.end);
        else
            out.push_back(range);
    }
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

std::size_t SecretMask::settled(std::string_view text) const {
    if (parts_.empty()) return text.size();
    std::size_t end = text.size() - std::min(text.size(), longest_ - 1);
    for (const Range& range : ranges(text))
        if (range.begin < end && end < range.end) end = range.begin;
    return end;
}

}  // namespace tmplbuild
