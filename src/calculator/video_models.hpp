// SPDX-License-Identifier: Apache-2.0
// What is known of each video model: which numbers of frames it makes, its rate, the strides of its VAE, and the sizes
// of its transformer where they are published. Data with its sources; used by the calculator's other files. Computes
// nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::calculator {

// The numbers of frames that a model can make: step * n + offset, for n from 1.
struct FrameGrid {
    std::int64_t step = 1, offset = 0;

    bool holds(std::int64_t frames) const { return frames >= step + offset && (frames - offset) % step == 0; }
    std::int64_t at_least(std::int64_t frames) const;  // the smallest number of the grid that is not below `frames`
    std::int64_t at_most(
        std::int64_t frames) const;  // the largest that is not above it; the grid's first where none is
};

// A diffusion transformer with patches of 1 x 2 x 2, for the cost of one step.
struct Transformer {
    std::int64_t width = 0, feed_forward = 0, layers = 0;
};

struct VideoModel {
    std::string_view id;    // for the command line and addresses: "wan22-a14b"
    std::string_view name;  // for people
    FrameGrid grid;
    std::int64_t frames = 0;    // what its makers run it with
    std::int64_t shortest = 0;  // the fewest frames that it should make
    std::int64_t longest = 0;   // the most that its makers made with it: more is possible, and worse; 0: not known
    std::int64_t fps = 0;
    std::int64_t latent_step = 0;    // frames for each further latent frame: (F - offset) / step * latents + first
    std::int64_t latents = 1;        // latent frames for each step of the grid
    std::int64_t first_latents = 1;  // latent frames of the offset
    std::int64_t stride = 8;         // pixels for each latent one, in both directions
    std::int64_t size_multiple = 16;
    std::int64_t width = 0, height = 0;  // what its makers run it with
    std::optional<Transformer> transformer{};
    std::int64_t steps = 0;  // what its makers run it with; 0: not known
    std::string_view source;
};

const std::vector<VideoModel>& video_models();
// An error names the model that was nearly meant.
Result<const VideoModel*> video_model(std::string_view id);

}  // namespace tmplbuild::calculator
