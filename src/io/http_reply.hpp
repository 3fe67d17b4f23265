// SPDX-License-Identifier: Apache-2.0
// What a reply says beside its body. For who asks by io::Http, and for HttpClient itself. Never asks anything.
#pragma once

#include <map>
#include <string>

namespace tmplbuild::io {

// The header's value; empty where there is none. `name` in lower case, as in the map.
std::string header_of(const std::map<std::string, std::string>& headers, const std::string& name);

// Whether the same request may be answered otherwise in a while (RFC 9110, sections 15.5.9 and 15.6; RFC 6585, section
// 4). Of 501 and 505 no other try can come to more.
bool may_pass_later(int status);

}  // namespace tmplbuild::io
