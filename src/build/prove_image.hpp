// SPDX-License-Identifier: Apache-2.0
// The last question of a build before anything is written: does the finished image keep what it promises about its
// kernels? Asked of the packed layers, as `tmplbuild verify` asks it later.
#pragma once

#include <stop_token>

#include "oci/image.hpp"
#include "store/store.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// Nothing for an image without kernels, and for one that has been proven here before. Throws BuildError with everything
// that is wrong.
void prove_image(const oci::Image& image, const Store& store, const std::stop_token& stop);

// What is wrong or unknown, each thing once: what a kernel's variants have in common names them together.
std::vector<Error> errors_of(const Verification& result);

// Can each service start as pod.json says it? Its program, user and folder are looked for in the packed layers. Nothing
// for an image that was found good here before. Throws BuildError with everything that is missing.
void prove_services(const oci::Image& image, const Store& store, const std::stop_token& stop);

}  // namespace tmplbuild
