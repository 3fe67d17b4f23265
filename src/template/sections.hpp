// SPDX-License-Identifier: Apache-2.0
// One function for each table of a template: from its node to the plain values of template.hpp. Used by the reader of
// templates, and for the tables that a recipe adds. Each reports what is wrong and returns what is right.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "template/fields.hpp"
#include "template/template.hpp"
#include "toml/node.hpp"

namespace tmplbuild {

// The kinds of [[layers]] that have an engine of their own; any other `use` names a recipe.
const std::vector<std::string>& layer_kinds();

Base read_base(const toml_tree::Node& node, Reading& reading);
Repository read_repository(const toml_tree::Node& node, Reading& reading);
Targets read_targets(const toml_tree::Node& node, Reading& reading);
ImageOptions read_image(const toml_tree::Node& node, Reading& reading);
RunpodOptions read_runpod(const toml_tree::Node& node, Reading& reading);

// `use` must be one of layer_kinds(). A layer without 'name' gets one from its content; names are made unique later.
struct NamedLayer {
    Layer layer;
    bool name_given = false;
};
NamedLayer read_layer(const toml_tree::Node& node, const std::string& kind, Reading& reading);

std::optional<TemplateService> read_service(const toml_tree::Node& node, Reading& reading);

}  // namespace tmplbuild
