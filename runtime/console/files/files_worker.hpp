// SPDX-License-Identifier: Apache-2.0
// The worker of the files' routes: `tmplbuild-console --worker files`. One request, one process; console/worker has the
// talk, the table here says what is done. Used by main.cpp.
#pragma once

#include <string>
#include <vector>

#include "console/worker/conversation.hpp"

namespace tmplbuild::console::files {

struct FilePlaces {
    std::vector<std::string> roots{};  // the volume first
    std::vector<std::string> kept{};   // the pod's own folders, of which nothing is shown
};

// Does what the request's row says.
Reply<void> work(Conversation& talk, const FilePlaces& places);

}  // namespace tmplbuild::console::files
