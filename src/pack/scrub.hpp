// SPDX-License-Identifier: Apache-2.0
// What no image should carry of a root in which programs ran: logs, caches, identities of the machine that built it,
// and places that belong to the pod or the engine. The base, apt and run steps ask it when they pack, and the plan puts
// the rules into their keys. Paths have no leading slash. Removes nothing itself.
#pragma once

#include <string>
#include <vector>

namespace tmplbuild {

// Empty in every image, or written by the engine that starts it: /tmp, /run, /etc/resolv.conf, …
bool is_engines_own(const std::string& path);
// Of what packages' installers leave; everything that is the engine's own too.
bool is_scrubbed(const std::string& path);

// All rules of both, for a key: another rule gives other bytes.
std::vector<std::string> scrub_rules();

}  // namespace tmplbuild
