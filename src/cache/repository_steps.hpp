// SPDX-License-Identifier: Apache-2.0
// What a repository that is a cache holds, by its tags, and the removal of a step there. For the command `cache`. Only
// tags of steps are looked at: images in the same repository are left alone.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "cache/step_document.hpp"
#include "registry/session.hpp"

namespace tmplbuild::cache {

// As its artifact's notes say, which anybody may have written.
struct RepositoryStep {
    std::string tag;
    Digest manifest;
    std::string step, version, created;  // created: "2026-11-28T04:30:00Z"; each may be empty
    std::uint64_t size = 0;              // of all its blobs; several steps may share some
    bool is_signed = false;              // by anybody
};

// In the order of tags. A repository that does not exist holds nothing.
Result<std::vector<RepositoryStep>> repository_steps(registry::Session& session, const std::stop_token& stop);

// Removes the artifact and with it its tag; its blobs go when the registry cleans up. An error in words where the
// registry takes no DELETE.
Result<void> remove_step(registry::Session& session, const RepositoryStep& step, const std::stop_token& stop);

}  // namespace tmplbuild::cache
