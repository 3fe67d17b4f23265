// SPDX-License-Identifier: Apache-2.0
// The words with which the pod's log tells how a service's start ended: "NAME: ", then one of these, then perhaps more.
// The launcher writes them, and `tmplbuild run` reads them to know when the pod's services are up. Plain words, no
// format.
#pragma once

#include <array>
#include <string_view>

namespace tmplbuild::pod {

inline constexpr const char* ready_after = "ready after ";          // "… 812 ms"
inline constexpr const char* not_ready_after = "not ready after ";  // "… 60000 ms: …"; it may still become ready
inline constexpr const char* failed_since = "failed: ";             // it is not started again
inline constexpr const char* blocked_since = "blocked: ";           // what it needs will not come
inline constexpr const char* oneshot_done = "done";                 // a oneshot ended with 0
inline constexpr const char* ended_well = "ended with exit code 0";

// All of them: whoever waits for a service's start can stop waiting at any of them.
inline constexpr std::array<std::string_view, 6> start_endings = {ready_after,   not_ready_after, failed_since,
                                                                  blocked_since, oneshot_done,    ended_well};

}  // namespace tmplbuild::pod
