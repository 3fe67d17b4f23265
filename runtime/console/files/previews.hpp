// SPDX-License-Identifier: Apache-2.0
// What a file shows of itself without being fetched, and the folders that people have pinned. One of the tables of the
// files' worker.
#pragma once

#include "console/files/roots.hpp"
#include "console/worker/conversation.hpp"

namespace tmplbuild::console::files {

Reply<void> preview(Conversation& talk, const Roots& roots);
Reply<void> show_pins(Conversation& talk, const Roots& roots);
Reply<void> set_pins(Conversation& talk, const Roots& roots);

}  // namespace tmplbuild::console::files
