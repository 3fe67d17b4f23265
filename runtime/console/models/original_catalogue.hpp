// SPDX-License-Identifier: Apache-2.0
// The catalogue's part of the original template's downloader, with its addresses and fields: scripts that were written
// for it work with a bearer token. Used by the worker for models. Pure.
#pragma once

#include "console/models/catalogue_changes.hpp"

namespace tmplbuild::console {

// GET /get_model_configs: {SET: {ID: {name, url, path, description}}}.
json::object original_configs(const Catalogues& both, const ModelPlaces& places);
// GET /debug_config: what was read, and from where.
json::object original_debug(const Catalogues& both, const ModelPlaces& places);

// POST /add_model, /edit_model, /delete_model: change both.own, and return the answer's fields.
Reply<json::object> original_add(Catalogues& both, const json::object& fields, const ModelPlaces& places);
Reply<json::object> original_edit(Catalogues& both, const json::object& fields, const ModelPlaces& places);
Reply<json::object> original_delete(Catalogues& both, const json::object& fields);

}  // namespace tmplbuild::console
