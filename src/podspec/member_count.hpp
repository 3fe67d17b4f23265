// SPDX-License-Identifier: Apache-2.0
// How many members a plain struct has, so that the compiler refuses a table of fields that lacks one of them. Used by
// the tables of pod.json and their tests. Never needs a value of the struct.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace tmplbuild::pod {

struct AnyValue {
    template <class Value>
    operator Value() const;
};

// Adds one value at a time until the struct has no place for it. An optional member accepts too many kinds of values
// for AnyValue, so it is given nullopt.
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
