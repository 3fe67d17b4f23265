// SPDX-License-Identifier: Apache-2.0
// Where certificate authorities are found when neither a variable nor a setting names them. Used by our own HTTP
// client, by what starts uv, and by what lends the machine's settings to a step. Never adds to what the machine itself
// trusts.
#pragma once

#include <filesystem>

namespace tmplbuild::io {

// The machine's bundle (PEM), where distributions keep it; else the one that a release of tmplbuild carries, for
// containers that have none. Empty: there is neither.
std::filesystem::path default_certificates();

}  // namespace tmplbuild::io
