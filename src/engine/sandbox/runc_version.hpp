// SPDX-License-Identifier: Apache-2.0
// Which published ways out of a container the installed runc still has. Used by the runc sandbox, and each build
// reports it once. Pure. Never decides whether a step may run: that is for the user to judge.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild {

// A sentence for people when this runc lacks the fixes of November 2025 (CVE-2025-31133, CVE-2025-52565,
// CVE-2025-52881, by which a command that races with the start of containers writes to the machine). Fixed are 1.2.8,
// 1.3.3, 1.4.0-rc.3 and all later ones. `version`: the output of `runc --version`. `changelog`: the package's own
// (Debian's policy, 12.7), which names what a distribution fixed in an older version; empty where there is none. None
// when it is fixed, or when the version cannot be told.
std::optional<std::string> open_breakouts(std::string_view version, std::string_view changelog);

}  // namespace tmplbuild
