// SPDX-License-Identifier: Apache-2.0
// How several package indexes count that know the same project, by uv's words: what a template or this machine
// chooses. Used by the template's reader and by resolve/.
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
