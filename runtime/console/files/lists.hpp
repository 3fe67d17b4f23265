// SPDX-License-Identifier: Apache-2.0
// What only reads folders: browse, search, storage_info. One of the tables of the files' worker.
#pragma once

#include "console/files/roots.hpp"
#include "console/worker/conversation.hpp"

namespace tmplbuild::console::files {

Reply<void> browse(Conversation& talk, const Roots& roots);
Reply<void> search(Conversation& talk, const Roots& roots);
Reply<void> storage_info(Conversation& talk, const Roots& roots);

}  // namespace tmplbuild::console::files
