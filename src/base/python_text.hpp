// SPDX-License-Identifier: Apache-2.0
// The little that is read of Python's own text where no Python runs: plain assignments of generated files, and when two
// spellings are one version. Used by the builder, the proofs and the pod's kernel job. Never evaluates anything.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild {

// 'x' of a line `name = 'x'` or `name: annotation = "x"`, as torch/version.py has them; empty: there is none.
std::string assigned_text(std::string_view text, std::string_view name);

// "1.0.0" and "1" are one release (PEP 440): neither final zeros of the release nor the letters' case count.
std::string plain_version(std::string_view text);

}  // namespace tmplbuild
