// SPDX-License-Identifier: Apache-2.0
// Catch2 2.13 (Debian 12) and 3 (newer systems) under one name, and how a Result reads in a failed check. Every unit
// test includes this and not Catch2 itself.
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include "base/error.hpp"

namespace Catch {
template <class T>
struct StringMaker<boost::system::result<T, tmplbuild::Error>> {
    static std::string convert(const boost::system::result<T, tmplbuild::Error>& result) {
        return result ? "a value" : "the error: " + result.error().to_string();
    }
};
}  // namespace Catch
