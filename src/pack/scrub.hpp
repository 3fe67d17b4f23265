// SPDX-License-Identifier: Apache-2.0
// What no image should keep of a root in which programs ran: logs, caches, identities of the machine that built it, and
// places that belong to the pod or the engine. The steps that pack such a root ask it, and the plan puts the rules into
// their keys. Paths have no leading slash. Removes nothing itself.
#pragma once

#include <string>
#include <vector>

namespace tmplbuild {

// Paths that are empty in every image, or that the engine writes when it starts it: /tmp, /run, /etc/resolv.conf, …
bool is_engines_own(const std::string& path);
// Paths that packages' installers leave behind, and all that are the engine's own.
bool is_scrubbed(const std::string& path);

// All rules of both, for a key: other rules give other bytes.
std::vector<std::string> scrub_rules();

}  // namespace tmplbuild
