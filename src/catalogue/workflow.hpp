// SPDX-License-Identifier: Apache-2.0
// Which model files a ComfyUI workflow needs: in the form that ComfyUI's page saves, subgraphs included, and in the
// form that its API takes. Used by the console and the catalogue's import. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace tmplbuild::catalogue {

inline constexpr std::size_t max_workflow_bytes = 32 << 20;

struct NeededModel {
    std::string name;       // as the node has it, below the kind's folder, with '/'
    std::string directory;  // a kind of ComfyUI's; empty where nothing says it
    std::vector<std::string> urls;
    std::string sha256;
    std::string node;      // the type of the node that asks for it
    bool is_used = false;  // by a node that is neither muted nor bypassed
};

struct WorkflowNeeds {
    std::vector<NeededModel> models;  // each name and folder once, in the order of the nodes
    std::vector<std::string>
        nodes_unknown;  // types of nodes that name a model file, of which we do not know the folder
};

// `name` is the file's, for the error.
Result<WorkflowNeeds> read_workflow(std::string_view text, const std::string& name);
WorkflowNeeds needs_of(const json::object& workflow);

// Which folder a node's input names files of. The table has ComfyUI's own nodes and much used others.
struct LoaderInput {
    std::string_view node, input, directory;
};
const std::vector<LoaderInput>& loader_inputs();
// By the node's type and the input's name; by the name alone where all nodes mean the same by it. Empty: not known.
std::string_view directory_of_input(std::string_view node, std::string_view input);

}  // namespace tmplbuild::catalogue
