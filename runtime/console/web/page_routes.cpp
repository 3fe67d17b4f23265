// SPDX-License-Identifier: Apache-2.0
#include "console/web/console.hpp"
#include "console/web/static_files.hpp"

namespace tmplbuild::console {

void Console::models_page(const CallPtr& call) { call->respond(page_answer(200, page(call, "models.html", {}))); }

void Console::status_page(const CallPtr& call) {
    note_interest();
    const std::string state = json::compact(view_for(call->visitor.here, call->request.port));
    call->respond(page_answer(200, page(call, "status.html", {}, state)));
}

void Console::tokens_page(const CallPtr& call) { call->respond(page_answer(200, page(call, "tokens.html", {}))); }

void Console::files_page(const CallPtr& call) { call->respond(page_answer(200, page(call, "files.html", {}))); }

void Console::static_file(const CallPtr& call) { call->respond(static_answer(call->request, settings_.static_files)); }

}  // namespace tmplbuild::console
