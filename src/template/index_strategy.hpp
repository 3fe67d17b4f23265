// SPDX-License-Identifier: Apache-2.0
// How several package indexes count when they have the same project, in uv's words. A template or this machine chooses
// it. Used by the template's reader and by resolve/. Asks no index.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild {

enum class IndexStrategy {
    first_index,         // the first that has the project decides
    unsafe_first_match,  // the first with a version that fits
    unsafe_best_match,   // the best version of any of them
};

const std::vector<std::string>& index_strategies();  // the words, in the order of the values
std::string to_string(IndexStrategy strategy);
std::optional<IndexStrategy> parse_index_strategy(std::string_view word);

}  // namespace tmplbuild
