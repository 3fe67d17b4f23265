// SPDX-License-Identifier: Apache-2.0
// The last checks of a build before anything is written: does a layer replace a link that others need, can each service
// start as pod.json describes it, and does the finished image keep what it promises about its kernels? They examine the
// packed layers, which are opened once for all three; `tmplbuild verify` makes the last one again later. Used by
// build.cpp.
#pragma once

#include <memory>
#include <stop_token>

#include "base/canonical_key.hpp"
#include "oci/image.hpp"
#include "oci/place.hpp"
#include "store/store.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// Skipped for an image that was found good here before. Its first `base_layers` layers are the base's, and its author's
// own choice. Throws BuildError with everything that is wrong.
// `blobs` is where its blobs are read, the store or what stands for it.
void prove_image(const oci::Image& image, std::size_t base_layers, const Store& store,
                 std::unique_ptr<oci::Place> blobs, const std::stop_token& stop);

// The key under which a shared cache says that this release found an image good.
CanonicalKey proof_key(const oci::Image& image);

// Everything that is wrong or unknown, each thing once: an error that several variants of a kernel share names them
// together.
std::vector<Error> errors_of(const Verification& result);

}  // namespace tmplbuild
