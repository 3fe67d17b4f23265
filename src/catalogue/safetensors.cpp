// SPDX-License-Identifier: Apache-2.0
// safetensors: huggingface/safetensors, README "Format". GGUF: ggml-org/ggml, docs/gguf.md. The names of tensors are
// those by which ComfyUI's comfy/model_detection.py, comfy/sd.py and comfy/lora.py tell models apart.
#include "catalogue/safetensors.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "catalogue/byte_reader.hpp"

namespace tmplbuild::catalogue {

std::optional<std::uint64_t> safetensors_header_size(std::string_view bytes) {
    if (bytes.size() < 9 || bytes[8] != '{') return std::nullopt;
    const std::uint64_t size = little_endian(bytes, 0, 8);
    if (size < 2 || size > max_safetensors_header) return std::nullopt;
    return size;
}

Result<SafetensorsHeader> read_safetensors_header(std::string_view bytes) {
    const auto size = safetensors_header_size(bytes);
    if (!size || *size > bytes.size() - 8) return usage_error("this is no whole header of a safetensors file");
    const auto parsed = json::parse(bytes.substr(8, static_cast<std::size_t>(*size)), "the safetensors header");
    if (!parsed) return parsed.error();
    if (!parsed->is_object()) return usage_error("the safetensors header is no object");
    SafetensorsHeader out;
    for (const auto& [key, value] : parsed->get_object()) {
        if (key != "__metadata__") {
            out.tensors.emplace_back(key);
        } else if (const json::object* metadata = value.if_object()) {
            for (const auto& [name, text] : *metadata)
                if (text.is_string()) out.metadata[std::string(name)] = std::string(text.get_string());
        }
    }
    return out;
}

std::optional<std::string> gguf_architecture(std::string_view bytes) {
    constexpr std::string_view wanted = "general.architecture";
    constexpr std::uint64_t type_string = 8, longest = 100;
    // The magic, the version, the counts of tensors and of pairs; then the first pair, which writers make this one.
    if (!bytes.starts_with("GGUF") || little_endian(bytes, 24, 8) != wanted.size()) return std::nullopt;
    if (part_of(bytes, 32, wanted.size()) != wanted) return std::nullopt;
    const std::size_t at = 32 + wanted.size();
    const std::uint64_t length = little_endian(bytes, at + 4, 8);
    if (little_endian(bytes, at, 4) != type_string || length == 0 || length > longest) return std::nullopt;
    const std::string_view value = part_of(bytes, at + 12, length);
    return value.size() == length ? std::optional(std::string(value)) : std::nullopt;
}

std::string_view to_string(ModelKind kind) {
    switch (kind) {
        case ModelKind::checkpoint:
            return "checkpoint";
        case ModelKind::diffusion_model:
            return "diffusion model";
        case ModelKind::lora:
            return "LoRA";
        case ModelKind::vae:
            return "VAE";
        case ModelKind::text_encoder:
            return "text encoder";
        case ModelKind::clip_vision:
            return "CLIP vision model";
        case ModelKind::controlnet:
            return "ControlNet";
        case ModelKind::unknown:
            break;
    }
    return "unknown";
}

namespace {

class Tensors {
  public:
    explicit Tensors(const std::vector<std::string>& names) : names_(names) {}
    bool any(auto&& fits) const { return std::any_of(names_.begin(), names_.end(), fits); }
    bool begins(std::string_view prefix) const {
        return any([&](const std::string& name) { return name.starts_with(prefix); });
    }
    bool has(std::string_view part) const {
        return any([&](const std::string& name) { return name.find(part) != std::string::npos; });
    }
    // Most of them: a LoRA has little else, while a model may have one merged into it.
    bool most(const auto& parts) const {
        const auto count = std::count_if(names_.begin(), names_.end(), [&](const std::string& name) {
            return std::any_of(parts.begin(), parts.end(),
                               [&](std::string_view part) { return name.find(part) != std::string::npos; });
        });
        return !names_.empty() && static_cast<std::size_t>(count) * 2 > names_.size();
    }

  private:
    const std::vector<std::string>& names_;
};

constexpr std::array<std::string_view, 12> lora_parts = {
    ".lora_A.",   ".lora_B.", ".lora_down.", ".lora_up.", ".lora.down.",       ".lora.up.",
    "lora_unet_", "lora_te",  ".hada_w",     ".lokr_w",   "lora_linear_layer", "lora_transformer_"};
// What stands beside "model.diffusion_model." in a file that has everything.
constexpr std::array<std::string_view, 6> checkpoint_parts = {
    "first_stage_model.", "cond_stage_model.", "conditioner.", "text_encoders.", "vae.", "audio_vae."};
constexpr std::array<std::string_view, 5> diffusion_beginnings = {
    "double_blocks.0.img_attn", "joint_blocks.0.x_block", "double_stream_blocks.0", "transformer_blocks.0.attn1.",
    "input_blocks.0.0.weight"};

bool is_diffusion_model(const Tensors& tensors) {
    if (std::any_of(diffusion_beginnings.begin(), diffusion_beginnings.end(),
                    [&](std::string_view one) { return tensors.begins(one); }))
        return true;
    if (tensors.begins("blocks.0.self_attn.") && tensors.begins("patch_embedding.")) return true;  // Wan
    return tensors.begins("transformer_blocks.0.attn.") && tensors.begins("img_in.");              // Qwen-Image
}

bool is_vae(const Tensors& tensors) {
    const bool image = tensors.begins("encoder.conv_in.") && tensors.begins("decoder.conv_in.");
    const bool wan = tensors.begins("encoder.conv1.") && tensors.begins("decoder.middle.0.residual.");
    return image || wan;
}

}  // namespace

ModelKind kind_of_tensors(const std::vector<std::string>& names) {
    const Tensors tensors(names);
    if (tensors.most(lora_parts)) return ModelKind::lora;
    if (tensors.begins("model.diffusion_model.")) {
        const bool whole = std::any_of(checkpoint_parts.begin(), checkpoint_parts.end(),
                                       [&](std::string_view one) { return tensors.begins(one); });
        return whole ? ModelKind::checkpoint : ModelKind::diffusion_model;
    }
    if (tensors.begins("control_model.") || tensors.begins("controlnet_") || tensors.begins("input_hint_block.") ||
        tensors.has(".controlnet_blocks."))
        return ModelKind::controlnet;
    if (is_diffusion_model(tensors)) return ModelKind::diffusion_model;
    if (is_vae(tensors)) return ModelKind::vae;
    if (tensors.begins("vision_model.encoder.layers.0.") && !tensors.begins("text_model."))
        return ModelKind::clip_vision;
    if (tensors.begins("text_model.encoder.layers.0.self_attn.") && !tensors.begins("vision_model."))
        return ModelKind::text_encoder;
    if (tensors.begins("encoder.block.0.layer.0.SelfAttention.")) return ModelKind::text_encoder;  // T5
    if (tensors.begins("model.layers.0.self_attn.") && tensors.begins("model.embed_tokens."))
        return ModelKind::text_encoder;
    return ModelKind::unknown;
}

ModelKind kind_of_gguf(std::string_view architecture) {
    // city96/ComfyUI-GGUF, loader.py: what it loads as an image model, and as a text encoder.
    constexpr std::array<std::string_view, 15> image = {"flux",    "sd1",        "sdxl", "sd3",      "aura",
                                                        "ltxv",    "hyvid",      "wan",  "hidream",  "cosmos",
                                                        "lumina2", "qwen_image", "pig",  "omnigen2", "z_image"};
    constexpr std::array<std::string_view, 9> text = {"t5",      "t5encoder", "llama",  "qwen2vl", "qwen3",
                                                      "qwen3vl", "gemma2",    "gemma3", "mistral3"};
    if (std::find(image.begin(), image.end(), architecture) != image.end()) return ModelKind::diffusion_model;
    if (std::find(text.begin(), text.end(), architecture) != text.end()) return ModelKind::text_encoder;
    return ModelKind::unknown;
}

ModelKind kind_of_file(std::string_view bytes) {
    if (const auto architecture = gguf_architecture(bytes)) return kind_of_gguf(*architecture);
    const auto header = read_safetensors_header(bytes);
    return header ? kind_of_tensors(header->tensors) : ModelKind::unknown;
}

std::string_view folder_for(ModelKind kind) {
    switch (kind) {
        case ModelKind::checkpoint:
            return "checkpoints";
        case ModelKind::diffusion_model:
            return "diffusion_models";
        case ModelKind::lora:
            return "loras";
        case ModelKind::vae:
            return "vae";
        case ModelKind::text_encoder:
            return "text_encoders";
        case ModelKind::clip_vision:
            return "clip_vision";
        case ModelKind::controlnet:
            return "controlnet";
        case ModelKind::unknown:
            break;
    }
    return {};
}

bool belongs_in(ModelKind kind, std::string_view folder) {
    // Folders that take one kind of file each. All others (model_patches, diffusers, folders of custom nodes) take
    // many.
    constexpr std::array<std::string_view, 7> strict = {
        "checkpoints", "clip_vision", "controlnet", "diffusion_models", "loras", "text_encoders", "vae"};
    if (kind == ModelKind::unknown || std::find(strict.begin(), strict.end(), folder) == strict.end()) return true;
    // A whole checkpoint is read as a diffusion model and as a VAE, too; LTX keeps its audio VAE among the checkpoints.
    if (kind == ModelKind::checkpoint)
        return folder == "checkpoints" || folder == "diffusion_models" || folder == "vae";
    if (kind == ModelKind::vae) return folder == "vae" || folder == "checkpoints";
    return folder_for(kind) == folder;
}

}  // namespace tmplbuild::catalogue
