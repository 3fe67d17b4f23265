// SPDX-License-Identifier: Apache-2.0
// What a segment costs on a GPU: floating-point operations by the transformer's formula, seconds by the rates that
// published times imply, memory by published peaks. Ranges, with their sources; nothing is said where nothing is known.
// Used by video_plan. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "calculator/video_models.hpp"

namespace tmplbuild::calculator {

struct Shape {
    std::int64_t frames = 0, width = 0, height = 0;  // frames of the model's grid, sizes of its multiple
};

// Latent frames of a number of the model's grid.
std::int64_t latent_frames(const VideoModel& model, std::int64_t frames);
// Tokens of one step, for patches of 1 x 2 x 2.
std::int64_t tokens(const VideoModel& model, const Shape& shape);

struct Operations {
    double linear = 0, attention = 0;  // floating-point operations of all steps, without VAE and text encoder
    double total() const { return linear + attention; }
};
// None where the transformer's sizes or steps are not known. `guided`: each step is computed twice (CFG above 1).
std::optional<Operations> operations(const VideoModel& model, const Shape& shape, std::int64_t steps, bool guided);

struct Range {
    double low = 0, high = 0;
    std::string source;
};
// Seconds on the GPU of that product name ("NVIDIA GeForce RTX 4090"). None: nobody published times for it.
// `attention_speed`: how many times as fast attention is as PyTorch's own, 1..4; it is the kernel's promise for one
// part.
std::optional<Range> seconds(const Operations& operations, std::string_view gpu, double attention_speed);
// Bytes of the GPU's memory at the peak: low with all blocks swapped out where that is known, high as the makers ran
// it.
std::optional<Range> memory_bytes(const VideoModel& model, const Shape& shape);

}  // namespace tmplbuild::calculator
