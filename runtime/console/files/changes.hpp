// SPDX-License-Identifier: Apache-2.0
// What changes names on the volume: new folders, rename, move, copy, deletion to the trash, and the trash itself. One
// of the tables of the files' worker. Nothing here writes over what is there.
#pragma once

#include "console/files/roots.hpp"
#include "console/worker/conversation.hpp"

namespace tmplbuild::console::files {

Reply<void> create_folder(Conversation& talk, const Roots& roots);
Reply<void> rename(Conversation& talk, const Roots& roots);
Reply<void> move_items(Conversation& talk, const Roots& roots);
Reply<void> copy_items(Conversation& talk, const Roots& roots);
Reply<void> delete_items(Conversation& talk, const Roots& roots);
Reply<void> list_trash(Conversation& talk, const Roots& roots);
Reply<void> restore_items(Conversation& talk, const Roots& roots);
Reply<void> empty_trash(Conversation& talk, const Roots& roots);

}  // namespace tmplbuild::console::files
