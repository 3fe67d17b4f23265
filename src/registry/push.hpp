// SPDX-License-Identifier: Apache-2.0
// An image into a repository: what is there already is not sent, what the registry has elsewhere is mounted, the rest
// goes up, three blobs at once, and can be gone on with by a later push. The manifest comes last, then its tags: nobody
// sees an image that is not whole. For `push` and `build -o docker://`. Never changes what it pushes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "registry/pushed_image.hpp"
#include "registry/session.hpp"

namespace tmplbuild::registry {

struct PushContext {
    const Client& client;
    const Store& store;  // for the journal, <store>/uploads, and for what is known of where blobs lie
    Progress& progress;
    std::string step;  // what progress calls it: "docker://ghcr.io/me/x:1"
};

struct PushReport {
    Digest manifest;
    bool was_there = false;                    // all of it, under each tag
    std::uint64_t sent = 0;                    // bytes of blobs that left, those sent twice counted twice
    int uploaded = 0, mounted = 0, found = 0;  // blobs
};

// Names of one image: the repository and the tags there, none for the digest alone.
struct PushTarget {
    Reference repository;  // its tag and digest do not count
    std::vector<std::string> tags;

    std::string name() const;  // "docker://ghcr.io/me/x:1", by the first tag
    // References of one repository together, in the order in which they came. One with a digest must be `image`'s.
    static Result<std::vector<PushTarget>> of(const std::vector<Reference>& references, const Digest& image);
};

// What can be refused without a request: a layer that is larger than the registry takes.
Result<void> check_push(const PushedImage& image, const PushTarget& target);

// Whether the registry answers to who may push there. A registry may say yes here, and no to the push.
Result<void> check_access(const Client& client, const Reference& to, const std::stop_token& stop);

Result<PushReport> push_image(const PushedImage& image, const PushTarget& target, const PushContext& context,
                              const std::stop_token& stop);

}  // namespace tmplbuild::registry
