// SPDX-License-Identifier: Apache-2.0
// One function per table of a template: from its node to the plain values of template.hpp. Called by parse.cpp for the
// template and by recipe.cpp for what a recipe brings. Each reports what is wrong and returns what is right.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "template/fields.hpp"
#include "template/node.hpp"
#include "template/template.hpp"

namespace tmplbuild {

// The kinds of [[layers]] that have an engine of their own; any other `use` is a recipe.
const std::vector<std::string>& layer_kinds();

Base read_base(const toml_tree::Node& node, Reading& reading, std::vector<Unbuildable>& unbuildable);
Repository read_repository(const toml_tree::Node& node, Reading& reading);
Targets read_targets(const toml_tree::Node& node, Reading& reading);
ImageOptions read_image(const toml_tree::Node& node, Reading& reading);
RunpodOptions read_runpod(const toml_tree::Node& node, Reading& reading);

// `use` is already known to be one of layer_kinds(). A layer without 'name' gets one from what it is about; names
// are made unique later.
struct NamedLayer {
    Layer layer;
    bool name_given = false;
};
NamedLayer read_layer(const toml_tree::Node& node, const std::string& kind, Reading& reading);

std::optional<TemplateService> read_service(const toml_tree::Node& node, Reading& reading);

}  // namespace tmplbuild
