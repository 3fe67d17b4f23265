// SPDX-License-Identifier: Apache-2.0
// Tells a registry that an upload is not wanted any more. For who gives one up. Never waits long for the answer, which
// does not count: registries remove such uploads themselves after some days.
#pragma once

#include <stop_token>
#include <string>

#include "registry/session.hpp"

namespace tmplbuild::registry {

// `url`: where the upload is, by Session::location().
// False: a stop came before the registry was told, and the upload may still be there.
bool take_back_upload(Session& session, const std::string& url, const std::stop_token& stop);

}  // namespace tmplbuild::registry
