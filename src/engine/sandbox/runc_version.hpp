// SPDX-License-Identifier: Apache-2.0
// Which published breakouts the installed runc still has. Pure; the runc sandbox asks, a build tells once. Never
// decides whether a step may run: that is its user's to judge.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild {

// A sentence for people when this runc lacks the fixes of November 2025 (CVE-2025-31133, CVE-2025-52565,
// CVE-2025-52881, by which a command that races with the start of containers writes to the machine): fixed are 1.2.8,
// 1.3.3, 1.4.0-rc.3 and all later ones. `version`: what `runc --version` prints. `changelog`: the package's own
// (Debian's policy, 12.7), which names what a distribution mended in an older version; empty where there is none.
// Nothing when it is fixed, or when the version cannot be told.
std::optional<std::string> open_breakouts(std::string_view version, std::string_view changelog);

}  // namespace tmplbuild
