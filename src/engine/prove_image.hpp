// SPDX-License-Identifier: Apache-2.0
// The last questions of a build before anything is written: does a layer take a link away that others need, can each
// service start as pod.json says it, and does the finished image keep what it promises about its kernels? Asked of the
// packed layers, which are opened once for all, as `tmplbuild verify` asks the last one later.
#pragma once

#include <stop_token>

#include "oci/image.hpp"
#include "store/store.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// Nothing for an image that was found good here before. Its first `base_layers` are the base's, whose author made them
// so. Throws BuildError with everything that is wrong.
void prove_image(const oci::Image& image, std::size_t base_layers, const Store& store, const std::stop_token& stop);

// What is wrong or unknown, each thing once: what a kernel's variants have in common names them together.
std::vector<Error> errors_of(const Verification& result);

}  // namespace tmplbuild
