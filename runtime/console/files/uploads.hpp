// SPDX-License-Identifier: Apache-2.0
// Files that come to the volume: forms as browsers send them, and uploads that can be gone on with after any end. One
// of the tables of the files' worker.
#pragma once

#include "console/files/roots.hpp"
#include "console/worker/conversation.hpp"

namespace tmplbuild::console::files {

Reply<void> upload_form(Conversation& talk, const Roots& roots);
Reply<void> begin_upload(Conversation& talk, const Roots& roots);
Reply<void> list_uploads(Conversation& talk, const Roots& roots);
Reply<void> show_upload(Conversation& talk, const Roots& roots);
Reply<void> go_on_with_upload(Conversation& talk, const Roots& roots);
Reply<void> drop_upload(Conversation& talk, const Roots& roots);

}  // namespace tmplbuild::console::files
