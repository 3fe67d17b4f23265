// SPDX-License-Identifier: Apache-2.0
#include "base/secret_name.hpp"

#include <algorithm>
#include <array>

namespace tmplbuild {

// Whether the name is this word, or ends in it after '_'.
static bool ends_with_word(std::string_view name, std::string_view word) {
    return name.ends_with(word) && (name.size() == word.size() || name[name.size() - word.size() - 1] == '_');
}

bool is_secret_name(std::string_view variable) {
    constexpr auto words =
        std::to_array<std::string_view>({"PASSWORD", "PASSWD", "TOKEN", "SECRET", "APIKEY", "API_KEY", "ACCESS_KEY",
                                         "SECRET_KEY", "PRIVATE_KEY", "CREDENTIALS"});
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return ends_with_word(variable, word); });
}

}  // namespace tmplbuild
