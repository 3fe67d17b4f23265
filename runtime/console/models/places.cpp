// SPDX-License-Identifier: Apache-2.0
#include "console/models/places.hpp"

#include <cerrno>

#include "sys/file.hpp"

namespace tmplbuild::console {

ModelPlaces ModelPlaces::of(const std::map<std::string, std::string>& environment) {
    const auto variable = [&](const char* name, const std::string& fallback) {
        const auto found = environment.find(name);
        return found != environment.end() && !found->second.empty() ? found->second : fallback;
    };
    ModelPlaces out;
    out.volume = variable("TMPLBUILD_VOLUME", out.volume);
    out.models = variable("COMFYUI_MODELS", out.volume + "/ComfyUI/models");
    while (out.models.size() > 1 && out.models.ends_with('/')) out.models.pop_back();
    out.comfyui = out.models.substr(0, out.models.rfind('/'));
    out.image_catalogue = variable("TMPLBUILD_HOME", "/opt/tmplbuild") + "/console/models.toml";
    out.environment = environment;
    return out;
}

FolderView folder_view(const ModelPlaces& places) {
    constexpr std::size_t longest_file = 1 << 20;
    FolderView out{catalogue::folders_of(places.models), {}};
    const std::string file = places.comfyui + "/extra_model_paths.yaml";
    const auto text = sys::read_beginning(file, longest_file);
    if (!text) {
        if (text.error().os_code != ENOENT) out.problem = text.error().message;
        return out;
    }
    const auto extra = catalogue::read_extra_model_paths(*text, {file, places.environment});
    if (extra)
        catalogue::add_extra(out.folders, *extra);
    else
        out.problem = extra.error().to_string();
    return out;
}

}  // namespace tmplbuild::console
