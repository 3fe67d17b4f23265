// SPDX-License-Identifier: Apache-2.0
// Which versions of other people's libraries are in this program, so that a release can be made anew when one of them
// has a fix. Each room that has a library behind it says its own; `tmplbuild --version` prints them all. They are asked
// at run time where the library can say it, since a shared one may be newer than its headers were.
#pragma once

#include <string>
#include <vector>

namespace tmplbuild {

// "OpenSSL 3.0.17", a library each.
std::vector<std::string> base_libraries();

}  // namespace tmplbuild
