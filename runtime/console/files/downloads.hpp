// SPDX-License-Identifier: Apache-2.0
// What leaves the volume: files, folders and selections as zip archives that are made while they are sent. One of the
// tables of the files' worker.
#pragma once

#include "console/files/roots.hpp"
#include "console/worker/conversation.hpp"

namespace tmplbuild::console::files {

Reply<void> download(Conversation& talk, const Roots& roots);
Reply<void> download_folder(Conversation& talk, const Roots& roots);
Reply<void> download_posted(Conversation& talk, const Roots& roots);    // POST /api/download_multiple
Reply<void> download_selected(Conversation& talk, const Roots& roots);  // GET, with a selection's id
Reply<void> make_selection(Conversation& talk, const Roots& roots);

// "attachment; filename=…", for any name.
std::string disposition(const char* kind, std::string_view name);

}  // namespace tmplbuild::console::files
