// SPDX-License-Identifier: Apache-2.0
// A template's base in a registry. Used by the lock's base part, which finds out what the tag means, by the base step,
// which pulls what the lock pins, and by `plan`, which asks how large that is. Writes nothing itself.
#pragma once

#include "oci/image_source.hpp"
#include "resolve/context.hpp"
#include "template/base_choice.hpp"

namespace tmplbuild {

// The image for linux/amd64 that the template's reference means now.
Result<oci::ImageSource> find_registry_base(const ImageBase& base, const ResolveContext& context);
// The one whose manifest has this digest, whatever the tag means now. Fails when the registry no longer has it.
Result<oci::ImageSource> open_registry_base(const ImageBase& base, const Digest& manifest,
                                            const ResolveContext& context);
// Its layers, by its documents alone: two small requests, and no layer.
Result<std::vector<BuiltLayer>> layers_of_registry_base(const ImageBase& base, const Digest& manifest,
                                                        const ResolveContext& context);

}  // namespace tmplbuild
