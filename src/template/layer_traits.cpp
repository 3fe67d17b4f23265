// SPDX-License-Identifier: Apache-2.0
#include "template/layer_traits.hpp"

namespace tmplbuild {

namespace {

using PathLists = std::vector<std::vector<std::filesystem::path>*>;

std::string own_step(const Layer& layer) { return std::string(layer.kind()) + ":" + layer.name; }

LayerTraits traits(const Layer& layer, const FilesLayer& files) {
    return {.step = own_step(layer), .least_layers = 1, .copied = files.items};
}
PathLists own_files(FilesLayer& files) {
    PathLists out;
    for (FileItem& item : files.items) out.push_back(&item.own);
    return out;
}

LayerTraits traits(const Layer& layer, const FetchLayer&) { return {.step = own_step(layer), .least_layers = 1}; }
PathLists own_files(FetchLayer&) { return {}; }

LayerTraits traits(const Layer& layer, const GitLayer& git) {
    return {.step = own_step(layer), .least_layers = 1, .commit = &git};
}
PathLists own_files(GitLayer&) { return {}; }

// The layers below may have all of its packages.
LayerTraits traits(const Layer& layer, const AptLayer&) { return {.step = own_step(layer), .least_layers = 0}; }
PathLists own_files(AptLayer&) { return {}; }

// The layers of one venv are one step.
LayerTraits traits(const Layer&, const PythonLayer& python) {
    return {.step = venv_step(python.venv), .least_layers = 1};
}
PathLists own_files(PythonLayer& python) { return {&python.own}; }

LayerTraits traits(const Layer& layer, const RunLayer& run) {
    LayerTraits out{.step = own_step(layer), .least_layers = 1, .secrets = run.secrets};
    if (run.after) out.after = *run.after;
    return out;
}
PathLists own_files(RunLayer&) { return {}; }

}  // namespace

std::string venv_step(const std::string& venv) { return std::string(PythonLayer::kind) + ":" + venv; }

LayerTraits traits_of(const Layer& layer) {
    return std::visit([&](const auto& body) { return traits(layer, body); }, layer.body);
}

std::vector<std::vector<std::filesystem::path>*> own_file_lists(Layer& layer) {
    return std::visit([](auto& body) { return own_files(body); }, layer.body);
}

}  // namespace tmplbuild
