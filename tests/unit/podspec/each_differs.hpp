// SPDX-License-Identifier: Apache-2.0
// Checks that values used in a test say something of every field of a table: a field that keeps its default there is
// tested by nothing. Used by the tests of pod.json.
#pragma once

#include <type_traits>

#include "podspec/field.hpp"
#include "support/catch.hpp"

// Each field must differ from its default in at least one of `several`, a list of one struct's values.
template <class Fields, class Several>
void each_differs(const Fields& fields, const Several& several) {
    tmplbuild::pod::for_each_field(fields, [&](const auto& field) {
        INFO(field.key);
        bool differs = false;
        for (const auto& one : several) {
            const std::decay_t<decltype(one)> usual;
            differs = differs || !(one.*field.member == usual.*field.member);
        }
        CHECK(differs);
    });
}
