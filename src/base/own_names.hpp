// SPDX-License-Identifier: Apache-2.0
// The beginning of the names that this tool keeps for itself among an image's annotations and labels. A template may
// set none of them, so that nobody can write down a proof by hand. For the template's reader and for whatever names an
// annotation of its own.
#pragma once

#include <string_view>

namespace tmplbuild {

inline constexpr std::string_view own_annotations = "dev.tmplbuild.";

}  // namespace tmplbuild
