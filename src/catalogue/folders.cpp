// SPDX-License-Identifier: Apache-2.0
#include "catalogue/folders.hpp"

#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace tmplbuild::catalogue {

const std::vector<FolderKind>& folder_kinds() {
    // ComfyUI 0.32.0, folder_paths.py. It reads the older name, too; new files go to the first one.
    static const std::vector<FolderKind> kinds = {
        {"audio_encoders", {"audio_encoders"}},
        {"background_removal", {"background_removal"}},
        {"checkpoints", {"checkpoints"}},
        {"classifiers", {"classifiers"}},
        {"clip_vision", {"clip_vision"}},
        {"configs", {"configs"}},
        {"controlnet", {"controlnet", "t2i_adapter"}},
        {"detection", {"detection"}},
        {"diffusers", {"diffusers"}},
        {"diffusion_models", {"diffusion_models", "unet"}},
        {"embeddings", {"embeddings"}},
        {"frame_interpolation", {"frame_interpolation"}},
        {"geometry_estimation", {"geometry_estimation"}},
        {"gligen", {"gligen"}},
        {"hypernetworks", {"hypernetworks"}},
        {"latent_upscale_models", {"latent_upscale_models"}},
        {"loras", {"loras"}},
        {"model_patches", {"model_patches"}},
        {"optical_flow", {"optical_flow"}},
        {"photomaker", {"photomaker"}},
        {"style_models", {"style_models"}},
        {"text_encoders", {"text_encoders", "clip"}},
        {"upscale_models", {"upscale_models"}},
        {"vae", {"vae"}},
        {"vae_approx", {"vae_approx"}},
    };
    return kinds;
}

const FolderKind* folder_kind(std::string_view folder) {
    for (const FolderKind& kind : folder_kinds())
        if (kind.name == folder || std::find(kind.folders.begin(), kind.folders.end(), folder) != kind.folders.end())
            return &kind;
    return nullptr;
}

namespace {

// Without what people leave out or put in: "Text-Encoder" and "text_encoders" are the same.
std::string plain_letters(std::string_view name) {
    std::string out;
    for (const char c : name)
        if (c != '_' && c != '-' && c != ' ') out += c;
    if (out.ends_with('s')) out.pop_back();
    return out;
}

// The same, or, in a long name, with one letter more, less or another: "ipadapter" is no "t2i_adapter", but the folder
// of a custom node.
bool is_one_slip(const std::string& a, const std::string& b) {
    constexpr std::size_t long_enough = 8;
    if (a == b) return true;
    if (std::min(a.size(), b.size()) < long_enough) return false;
    const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    const std::string_view rest_a(&*a.begin() + (left - a.begin()), static_cast<std::size_t>(a.end() - left));
    const std::string_view rest_b(&*b.begin() + (right - b.begin()), static_cast<std::size_t>(b.end() - right));
    const auto behind = [](std::string_view text) { return text.substr(std::min<std::size_t>(1, text.size())); };
    return behind(rest_a) == behind(rest_b) || behind(rest_a) == rest_b || rest_a == behind(rest_b);
}

}  // namespace

std::string near_folder(std::string_view folder) {
    // What people write, as far as it is too far from the right name to be found by its letters.
    static const std::map<std::string, std::string, std::less<>> usual = {
        {"lora", "loras"},
        {"vaes", "vae"},
        {"ckpt", "checkpoints"},
        {"ckpts", "checkpoints"},
        {"checkpoint", "checkpoints"},
        {"stable-diffusion", "checkpoints"},
        {"unets", "diffusion_models"},
        {"clips", "text_encoders"},
        {"upscalers", "upscale_models"},
        {"esrgan", "upscale_models"},
        {"controlnets", "controlnet"},
        {"embedding", "embeddings"},
    };
    const std::string lower = to_lower(folder);
    if (folder_kind(folder) != nullptr) return {};
    if (const auto found = usual.find(lower); found != usual.end()) return found->second;
    for (const FolderKind& kind : folder_kinds())
        for (const std::string_view name : kind.folders)
            if (is_one_slip(plain_letters(lower), plain_letters(name))) return std::string(name);
    return {};
}

KindPath kind_path(std::string_view directory) {
    const std::size_t slash = std::min(directory.find('/'), directory.size());
    const std::string_view first = directory.substr(0, slash);
    const FolderKind* kind = folder_kind(first);
    return {std::string(kind != nullptr ? kind->name : first),
            std::string(directory.substr(std::min(slash + 1, directory.size())))};
}

namespace {

constexpr std::size_t longest_path = 1000;  // in bytes

bool is_plain_path(std::string_view path) {
    if (path.empty() || path.size() > longest_path || !is_utf8(path)) return false;
    for (const char c : path)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') return false;
    const auto parts = split(path, '/');
    return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
        return !part.empty() && part.front() != '.' && part.size() <= 255;
    });
}

}  // namespace

std::optional<std::string> problem_of_file_name(std::string_view name) {
    if (is_plain_path(name)) return std::nullopt;
    return "is no file's name: it has no empty parts, none that begins with a dot, no backslash and no control "
           "characters";
}

std::optional<std::string> problem_of_directory(std::string_view directory, std::string& hint) {
    if (!is_plain_path(directory)) {
        hint = "write a folder below ComfyUI's models folder, such as \"loras\" or \"loras/wan\"";
        return "is \"" + std::string(directory.substr(0, 100)) + "\"";
    }
    const std::string first(directory.substr(0, directory.find('/')));
    const std::string near = near_folder(first);
    if (near.empty()) return std::nullopt;
    hint = "did you mean '" + near + "'?";
    return "is \"" + first + "\", which ComfyUI does not read";
}

ModelFolders folders_of(const std::string& models_root) {
    ModelFolders out;
    for (const FolderKind& kind : folder_kinds())
        for (const std::string_view folder : kind.folders)
            out[std::string(kind.name)].push_back(models_root + "/" + std::string(folder));
    return out;
}

void add_extra(ModelFolders& folders, const std::vector<ExtraFolder>& extra) {
    for (const ExtraFolder& one : extra) {
        const FolderKind* known = folder_kind(one.kind);
        std::vector<std::string>& list = folders[known != nullptr ? std::string(known->name) : one.kind];
        const auto old = std::find(list.begin(), list.end(), one.path);
        // add_model_folder_path() moves a path that it has to the front where that is asked for.
        if (old != list.end() && one.is_default) list.erase(old);
        if (one.is_default)
            list.insert(list.begin(), one.path);
        else if (old == list.end())
            list.push_back(one.path);
    }
}

}  // namespace tmplbuild::catalogue
