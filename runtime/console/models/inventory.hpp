// SPDX-License-Identifier: Apache-2.0
// What the console says about models: the catalogue with the state of each entry, what a workflow needs, and what
// pasted links lead to. Used by the worker for models. Values to values, JSON out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "catalogue/links.hpp"
#include "catalogue/workflow.hpp"
#include "console/models/own_catalogue.hpp"
#include "console/models/volume_models.hpp"

namespace tmplbuild::console {

// The answer to GET /api/models.
json::object models_view(const Catalogues& catalogues, const FolderView& folders, const VolumeModels& volume);

// The answer to POST /api/models/check; `name` is the file's that carried the workflow.
json::object workflow_view(const catalogue::WorkflowNeeds& needs, const std::string& name,
                           const catalogue::Catalogue& catalogue, const VolumeModels& volume);

// The answer to POST /api/models/links.
json::object links_view(const std::vector<catalogue::ModelLink>& links);

// One entry as the API has it, without its state.
json::object entry_view(const catalogue::Entry& entry);

}  // namespace tmplbuild::console
