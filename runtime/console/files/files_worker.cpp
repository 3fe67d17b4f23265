// SPDX-License-Identifier: Apache-2.0
#include "console/files/files_worker.hpp"

#include <array>

#include "console/files/changes.hpp"
#include "console/files/downloads.hpp"
#include "console/files/lists.hpp"
#include "console/files/previews.hpp"
#include "console/files/uploads.hpp"

namespace tmplbuild::console::files {

namespace {

struct Row {
    const char* route;
    Reply<void> (*handler)(Conversation& talk, const Roots& roots);
};

constexpr std::array rows{
    Row{"GET /api/browse", browse},
    Row{"GET /api/search", search},
    Row{"GET /api/storage_info", storage_info},
    Row{"GET /api/download", download},
    Row{"GET /api/download_folder", download_folder},
    Row{"POST /api/download_multiple", download_posted},
    Row{"GET /api/download_multiple", download_selected},
    Row{"POST /api/selections", make_selection},
    Row{"POST /api/create_folder", create_folder},
    Row{"POST /api/rename", rename},
    Row{"POST /api/move", move_items},
    Row{"POST /api/copy", copy_items},
    Row{"POST /api/delete", delete_items},
    Row{"GET /api/trash", list_trash},
    Row{"POST /api/trash/restore", restore_items},
    Row{"POST /api/trash/empty", empty_trash},
    Row{"POST /api/upload", upload_form},
    Row{"POST /api/uploads", begin_upload},
    Row{"GET /api/uploads", list_uploads},
    Row{"GET /api/uploads/{}", show_upload},
    Row{"PATCH /api/uploads/{}", go_on_with_upload},
    Row{"DELETE /api/uploads/{}", drop_upload},
    Row{"GET /api/preview", preview},
    Row{"GET /api/pins", show_pins},
    Row{"PUT /api/pins", set_pins},
};

}  // namespace

Reply<void> work(Conversation& talk, const FilePlaces& places) {
    const Roots roots = Roots::open(places.roots, places.kept);
    for (const Row& row : rows)
        if (talk.facts().route == row.route) return row.handler(talk, roots);
    return Refusal{500, "the files' worker does not know '" + talk.facts().route + "'", {}};
}

}  // namespace tmplbuild::console::files
