// SPDX-License-Identifier: Apache-2.0
// Catch2 2.13 (Debian 12) and 3 (newer systems) under one name. Every unit test includes this and not Catch2 itself.
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
