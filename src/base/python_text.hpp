// SPDX-License-Identifier: Apache-2.0
// Reads two things of Python's text where no Python runs: plain assignments of generated files, and whether two
// spellings name one version. Used by the builder and by the pod's kernel job. Never evaluates anything.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild {

// The text 'x' of a line `name = 'x'` or `name: annotation = "x"`, as torch/version.py has them; empty when there is
// none.
std::string assigned_text(std::string_view text, std::string_view name);

// A version in one spelling: "1.0.0" and "1" are one release (PEP 440), since neither the final zeros nor the case of
// letters count.
std::string plain_version(std::string_view text);

}  // namespace tmplbuild
