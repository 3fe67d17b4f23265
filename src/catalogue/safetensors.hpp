// SPDX-License-Identifier: Apache-2.0
// What the beginning of a model file says: the header of a safetensors file, the architecture of a GGUF file, and what
// kind of model that certainly is. Used for warnings about misplaced files. Pure; every length is checked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::catalogue {

// safetensors itself refuses headers above 100 MB; those of real models have a few.
inline constexpr std::size_t max_safetensors_header = 32 << 20;

struct SafetensorsHeader {
    std::map<std::string, std::string> metadata;  // "__metadata__"
    std::vector<std::string> tensors;             // their names
};

// The header's length, from a file's first 8 bytes; none where these begin no safetensors file.
std::optional<std::uint64_t> safetensors_header_size(std::string_view bytes);
// `bytes` begins a file and has at least its whole header.
Result<SafetensorsHeader> read_safetensors_header(std::string_view bytes);
// GGUF's general.architecture; none where `bytes` begin no GGUF file, or it does not come first.
std::optional<std::string> gguf_architecture(std::string_view bytes);

enum class ModelKind { unknown, checkpoint, diffusion_model, lora, vae, text_encoder, clip_vision, controlnet };
std::string_view to_string(ModelKind kind);  // "LoRA", "text encoder", for people

// `unknown` where the names of the tensors leave a doubt.
ModelKind kind_of_tensors(const std::vector<std::string>& tensors);
ModelKind kind_of_gguf(std::string_view architecture);
// By the beginning of a file.
ModelKind kind_of_file(std::string_view bytes);

// The folder where a file of that kind is read; empty for unknown.
std::string_view folder_for(ModelKind kind);
// Whether ComfyUI's loaders for that folder read such a file; true where nothing certain is known.
bool belongs_in(ModelKind kind, std::string_view folder_kind);

}  // namespace tmplbuild::catalogue
