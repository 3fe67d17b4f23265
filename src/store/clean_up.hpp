// SPDX-License-Identifier: Apache-2.0
// What a store holds, by step, and what of it goes when it is cleaned up: what was not used for long, and what was used
// longest ago when all is too much. Used by the command `cache`. Whoever removes holds StoreUse alone; a process that
// is killed in the middle leaves a store with less in it, and nothing wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace tmplbuild {

using FileTime = std::chrono::sys_seconds;

struct StoredStep {
    Digest key;
    std::string step;
    std::string cache;       // the shared cache from which it came; empty: made here
    FileTime used{};         // when a build last took or made it
    std::uint64_t size = 0;  // of its layers, bytes
    bool is_whole = true;    // false: the record alone, whose layers are in a shared cache
};
// Those used last come first.
std::vector<StoredStep> stored_steps(const Store& store);

// Remembers that a build took the step now. Failures are ignored: it only looks older than it is.
void mark_used(const Store& store, const Digest& key);

struct CleanUpRules {
    std::optional<std::chrono::seconds> keep{};  // what was used within it stays, unless all is more than max_size
    std::optional<std::uint64_t> max_size{};     // bytes of blobs, unpacked trees and copies of git repositories
};
struct CleanUp {
    std::vector<StoredStep> steps;     // that go
    std::size_t blobs = 0, trees = 0;  // that go: layers, packages and wheels, unpacked layers
    std::size_t others = 0;            // that go: copies of git repositories, parts of layers that were cut
    std::uint64_t bytes = 0;           // that they take
    std::uint64_t left = 0;            // bytes of all these that stay
};
// Says what goes by the rules at that time, and removes it unless `is_dry`.
Result<CleanUp> clean_up(const Store& store, const CleanUpRules& rules, FileTime now, bool is_dry);

}  // namespace tmplbuild
