// SPDX-License-Identifier: Apache-2.0
// The places from which one image may be pulled: its mirrors in their order, then the registry itself. A mirror that
// fails, lacks something or gives other bytes is named in a warning, and the next place is asked. Used by the registry
// as a place of images. Never sends the login of one place to another, and never shows a mirror's name as the image's.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "oci/place.hpp"
#include "registry/pull.hpp"
#include "registry/session.hpp"

namespace tmplbuild::registry {

class PullSources {
  public:
    // Sends no request, and reads no settings before the first one.
    PullSources(std::shared_ptr<const Client> client, Reference image, std::stop_token stop);
    ~PullSources();
    PullSources(const PullSources&) = delete;
    PullSources& operator=(const PullSources&) = delete;

    const Reference& image() const;
    // The manifest or index that the image's name names.
    Result<Document> named_manifest();
    Result<Document> manifest(const Digest& digest);
    Result<std::uint64_t> size(const oci::Descriptor& wanted);
    // From the byte `from` on, ended by `stop` as well. Sends no request before the first read, but for a small blob of
    // an image with mirrors, which is checked before it is given.
    Result<oci::Blob> open(const oci::Descriptor& wanted, std::uint64_t from, const std::stop_token& stop);

  private:
    class Stream;
    struct Impl;
    std::shared_ptr<Impl> impl_;  // which open blobs keep
};

// A document that is here already, as a blob.
oci::Blob blob_of_text(std::string name, std::string text);

}  // namespace tmplbuild::registry
