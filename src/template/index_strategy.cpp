// SPDX-License-Identifier: Apache-2.0
#include "template/index_strategy.hpp"

#include <algorithm>

namespace tmplbuild {

const std::vector<std::string>& index_strategies() {
    static const std::vector<std::string> words = {"first-index", "unsafe-first-match", "unsafe-best-match"};
    return words;
}

std::string to_string(IndexStrategy strategy) { return index_strategies().at(static_cast<std::size_t>(strategy)); }

std::optional<IndexStrategy> parse_index_strategy(std::string_view word) {
    const auto found = std::find(index_strategies().begin(), index_strategies().end(), word);
    if (found == index_strategies().end()) return std::nullopt;
    return static_cast<IndexStrategy>(found - index_strategies().begin());
}

}  // namespace tmplbuild
