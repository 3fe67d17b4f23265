// SPDX-License-Identifier: Apache-2.0
// Where a pod has its models and its catalogues, and which folders ComfyUI reads. Used by the worker for models. Reads
// extra_model_paths.yaml; writes nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "catalogue/folders.hpp"

namespace tmplbuild::console {

struct ModelPlaces {
    std::string volume = "/workspace";
    std::string models = "/workspace/ComfyUI/models";
    std::string comfyui = "/workspace/ComfyUI";  // extra_model_paths.yaml lies in it
    std::string image_catalogue = "/opt/tmplbuild/console/models.toml";
    std::map<std::string, std::string> environment{};

    // TMPLBUILD_VOLUME, COMFYUI_MODELS, TMPLBUILD_HOME; else the usual ones.
    static ModelPlaces of(const std::map<std::string, std::string>& environment);
};

struct FolderView {
    catalogue::ModelFolders folders;
    std::string problem;  // of extra_model_paths.yaml; then ComfyUI's own folders stand alone
};
FolderView folder_view(const ModelPlaces& places);

}  // namespace tmplbuild::console
