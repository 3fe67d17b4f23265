// SPDX-License-Identifier: Apache-2.0
// What an image says about its kernels in its annotation and its pod.json, and where the two disagree with each other
// or with the bytes. Used by verify.cpp. Judges no bytes itself.
#pragma once

#include <string>
#include <vector>

#include "podspec/pod_spec.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

struct ClaimedVariant {
    std::string directory, key;
    std::vector<std::string> needs;
    kernel::VariantProof proof;
};

struct Claims {
    std::vector<ClaimedVariant> variants;
    std::vector<Finding> findings;
};

// `annotated`: whether the image's form can hold annotations.
Claims read_claims(const std::string& pod_json, const std::string& annotation, bool annotated);

// The parts in which a proof made now differs from the claimed one; empty when it does not.
std::string difference(const kernel::VariantProof& claimed, const kernel::VariantProof& made);

}  // namespace tmplbuild
