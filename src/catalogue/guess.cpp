// SPDX-License-Identifier: Apache-2.0
// The folder of a file that is known by its name alone. The words are those by which the 391 model links of ComfyUI's
// own templates (comfyui-workflow-templates-json 0.1.123, MIT) tell their folders apart.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "catalogue/folders.hpp"
#include "catalogue/links.hpp"

namespace tmplbuild::catalogue {
namespace {

struct WordRule {
    std::string_view word;  // in lower case, anywhere in the name
    std::string_view directory;
};

// The first that fits counts: "lora" comes before the model that the LoRA is for.
constexpr std::array word_rules = {
    WordRule{"lora", "loras"},
    WordRule{"lightning", "loras"},
    WordRule{"causvid", "loras"},
    WordRule{"_rank", "loras"},
    WordRule{"accvid", "loras"},
    WordRule{"spatial-upscaler", "latent_upscale_models"},
    WordRule{"latent_upscale", "latent_upscale_models"},
    WordRule{"temporal-upscaler", "latent_upscale_models"},
    WordRule{"latent_upsampler", "latent_upscale_models"},
    WordRule{"hunyuan3d", "checkpoints"},
    WordRule{"hunyuan_3d", "checkpoints"},
    WordRule{"moge_", "geometry_estimation"},
    WordRule{"depth_anything_3", "geometry_estimation"},
    WordRule{"film_net", "frame_interpolation"},
    WordRule{"controlnet", "controlnet"},
    WordRule{"t2i-adapter", "controlnet"},
    WordRule{"t2iadapter", "controlnet"},
    WordRule{"clip_vision", "clip_vision"},
    WordRule{"clip-vision", "clip_vision"},
    WordRule{"sigclip", "clip_vision"},
    WordRule{"wav2vec", "audio_encoders"},
    WordRule{"whisper", "audio_encoders"},
    WordRule{"esrgan", "upscale_models"},
    WordRule{"upscal", "upscale_models"},
    WordRule{"birefnet", "background_removal"},
    WordRule{"redux", "style_models"},
    WordRule{"text_encoder", "text_encoders"},
    WordRule{"clip_l", "text_encoders"},
    WordRule{"clip_g", "text_encoders"},
    WordRule{"t5xxl", "text_encoders"},
    WordRule{"umt5", "text_encoders"},
    WordRule{"t5gemma", "text_encoders"},
    WordRule{"gemma", "text_encoders"},
    WordRule{"llama", "text_encoders"},
    WordRule{"llava", "text_encoders"},
    WordRule{"mistral", "text_encoders"},
    WordRule{"byt5", "text_encoders"},
    WordRule{"qwen_2.5_vl", "text_encoders"},
    WordRule{"qwen2.5-vl", "text_encoders"},
    WordRule{"qwen2.5vl", "text_encoders"},
    WordRule{"qwen3vl", "text_encoders"},
    WordRule{"qwen_3_", "text_encoders"},
    WordRule{"qwen3.", "text_encoders"},
    WordRule{"embedding", "embeddings"},
    WordRule{"vae", "vae"},
};

// Begins of names of models that come without text encoder and VAE.
constexpr std::array diffusion_names = {"flux",    "wan2",     "wan_",    "qwen_image", "qwen-image",
                                        "z_image", "hunyuan",  "hidream", "minimax_h3", "krea2",
                                        "chroma",  "omnigen2", "lumina",  "cosmos",     "ltx-2.5"};
constexpr std::array checkpoint_names = {"sd_xl",    "sdxl",       "sd3",      "sd_turbo",   "v1-5", "v2-1",
                                         "svd",      "ltx-2-",     "ltx-2.3-", "ltx-video",  "ltxv", "stable_audio",
                                         "ace_step", "juggernaut", "pony",     "illustrious"};

FolderGuess guess_by_path(std::string_view path) {
    const auto parts = split(path, '/');
    // From the file upwards; the last part is the file itself.
    for (std::size_t i = parts.size(); i-- > 1;) {
        const std::string& part = parts[i - 1];
        const FolderKind* kind = folder_kind(part);
        if (kind == nullptr) continue;
        return {std::string(kind->folders.front()), "its repository keeps it in a folder '" + part + "'"};
    }
    return {};
}

bool begins_with_any(std::string_view name, const auto& beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(), [&](const char* one) { return name.starts_with(one); });
}

FolderGuess guess_by_name(const std::string& name) {
    if (name == "ae.safetensors" || name == "ae.sft") return {"vae", "this is the name of FLUX's VAE"};
    for (const WordRule& rule : word_rules)
        if (name.find(rule.word) != std::string::npos)
            return {std::string(rule.directory), "its name has '" + std::string(rule.word) + "'"};
    if (begins_with_any(name, checkpoint_names)) return {"checkpoints", "its name is that of a checkpoint"};
    if (begins_with_any(name, diffusion_names)) return {"diffusion_models", "its name is that of a diffusion model"};
    if (name.ends_with(".gguf")) return {"diffusion_models", "GGUF files are mostly diffusion models"};
    return {};
}

}  // namespace

bool is_model_file_name(std::string_view name) {
    constexpr std::array endings = {".safetensors", ".sft", ".gguf", ".ckpt", ".pt", ".pth", ".bin", ".onnx", ".pkl"};
    const std::string lower = to_lower(name);
    return std::any_of(endings.begin(), endings.end(), [&](const char* one) {
        return lower.size() > std::string_view(one).size() && lower.ends_with(one);
    });
}

FolderGuess guess_folder(std::string_view name, std::string_view path, std::string_view repository) {
    if (FolderGuess found = guess_by_path(path); !found.directory.empty()) return found;
    if (FolderGuess found = guess_by_name(to_lower(name)); !found.directory.empty()) return found;
    const std::string lower = to_lower(repository);
    if (lower.find("lora") != std::string::npos) return {"loras", "its repository's name has 'lora'"};
    if (lower.find("controlnet") != std::string::npos) return {"controlnet", "its repository's name has 'controlnet'"};
    if (lower.find("upscale") != std::string::npos) return {"upscale_models", "its repository's name has 'upscale'"};
    return {};
}

std::string name_of_other_half(std::string_view name) {
    struct Halves {
        std::string_view high, low;
    };
    constexpr std::array pairs = {Halves{"high_noise", "low_noise"},
                                  Halves{"high-noise", "low-noise"},
                                  Halves{"HighNoise", "LowNoise"},
                                  Halves{"highnoise", "lownoise"},
                                  Halves{"HIGH", "LOW"},
                                  Halves{"High", "Low"},
                                  Halves{"_high", "_low"},
                                  Halves{"-high", "-low"}};
    for (const Halves& halves : pairs)
        for (const auto& [from, to] : {std::pair(halves.high, halves.low), std::pair(halves.low, halves.high)})
            if (const std::size_t at = name.rfind(from); at != std::string_view::npos)
                return std::string(name.substr(0, at)) + std::string(to) + std::string(name.substr(at + from.size()));
    return {};
}

}  // namespace tmplbuild::catalogue
