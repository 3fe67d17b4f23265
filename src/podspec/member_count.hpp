// SPDX-License-Identifier: Apache-2.0
// How many members a plain struct has, so that the compiler refuses a table of fields that lacks one of them. Used
// where tables are walked over.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace tmplbuild::pod {

struct AnyValue {
    template <class Value>
    operator Value() const;
};

// Tries one value more until the struct has no place for it. An optional member takes too many kinds of values to take
// "any": for it stands nullopt.
template <class Owner, class... Given>
constexpr std::size_t member_count() {
    if constexpr (requires { Owner{std::declval<Given>()..., std::declval<AnyValue>()}; })
        return member_count<Owner, Given..., AnyValue>();
    else if constexpr (requires { Owner{std::declval<Given>()..., std::declval<std::nullopt_t>()}; })
        return member_count<Owner, Given..., std::nullopt_t>();
    else
        return sizeof...(Given);
}

}  // namespace tmplbuild::pod
