// SPDX-License-Identifier: Apache-2.0
#include "calculator/cost.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tmplbuild::calculator {
namespace {

// Operations a second, as the published times of Wan 2.2 imply them by the formula below: for 480p and for 720p, 81
// frames, 40 steps, guided. One GPU, offloading on. Of the 4090 there is one figure (the 5B model), taken as +-15 %.
struct Rate {
    std::string_view gpu;  // a part of its product name
    double low = 0, high = 0;
};
constexpr std::array rates = {
    Rate{"H100", 407e12, 498e12},
    Rate{"A100", 169e12, 190e12},
    Rate{"H20", 117e12, 128e12},
    Rate{"RTX 4090", 82e12, 110e12},
};
constexpr std::string_view rates_source =
    "implied by the times in the Wan2.2 README (81 frames, guided; VAE, text encoder and swapping not counted)";

// Peaks that the makers' READMEs give, and what people reached with all blocks swapped out; 0 where nobody says.
struct Peak {
    std::string_view model;
    std::int64_t pixels = 0;  // of a frame
    double low_gb = 0, high_gb = 0;
    std::string_view source;
};
constexpr std::array peaks = {
    Peak{"wan22-a14b", 832LL * 480, 10, 41.3, "Wan2.2 README (H100, offloading); ComfyUI-WanVideoWrapper issue 96"},
    Peak{"wan22-a14b", 1280LL * 720, 0, 59.8, "Wan2.2 README (H100, offloading)"},
    Peak{"wan22-5b", 1280LL * 704, 0, 22.9, "Wan2.2 README (RTX 4090, offloading)"},
    Peak{"wan21-14b", 832LL * 480, 10, 0, "ComfyUI-WanVideoWrapper issue 96"},
    Peak{"wan21-14b", 1280LL * 720, 0, 69.1, "Wan2.1 README (H100)"},
    Peak{"wan21-1.3b", 832LL * 480, 0, 8.19, "Wan2.1 README (RTX 4090, offloading)"},
};

// "H200" is no "H20", and an "RTX 4090 D" or a laptop's is no "RTX 4090".
bool is_of(std::string_view product, std::string_view gpu) {
    const std::size_t at = product.find(gpu);
    if (at == std::string_view::npos) return false;
    const std::string_view rest = product.substr(at + gpu.size());
    if (rest.empty() || rest.front() == '-') return true;
    return rest.front() == ' ' && rest != " D" && !rest.starts_with(" Laptop");
}

}  // namespace

std::int64_t latent_frames(const VideoModel& model, std::int64_t frames) {
    return (frames - model.grid.offset) / model.latent_step * model.latents + model.first_latents;
}

std::int64_t tokens(const VideoModel& model, const Shape& shape) {
    return latent_frames(model, shape.frames) * (shape.height / (2 * model.stride)) *
           (shape.width / (2 * model.stride));
}

std::optional<Operations> operations(const VideoModel& model, const Shape& shape, std::int64_t steps, bool guided) {
    if (!model.transformer || steps < 1) return std::nullopt;
    const auto count = static_cast<double>(tokens(model, shape));
    const auto width = static_cast<double>(model.transformer->width);
    const auto layers = static_cast<double>(model.transformer->layers);
    const auto feed_forward = static_cast<double>(model.transformer->feed_forward);
    const double runs = static_cast<double>(steps) * (guided ? 2 : 1);
    // Self-attention and cross-attention have six matrices of width x width between them that each token passes.
    return Operations{2 * layers * count * (6 * width * width + 2 * width * feed_forward) * runs,
                      4 * layers * count * count * width * runs};
}

std::optional<Range> seconds(const Operations& operations, std::string_view gpu, double attention_speed) {
    const auto rate =
        std::find_if(rates.begin(), rates.end(), [&](const Rate& entry) { return is_of(gpu, entry.gpu); });
    if (rate == rates.end()) return std::nullopt;
    const double work = operations.linear + operations.attention / std::clamp(attention_speed, 1.0, 4.0);
    return Range{work / rate->high, work / rate->low, std::string(rates_source)};
}

std::optional<Range> memory_bytes(const VideoModel& model, const Shape& shape) {
    const std::int64_t pixels = shape.width * shape.height;
    const Peak* nearest = nullptr;
    // The smallest published frame that is not smaller than this one: its peak is enough.
    for (const Peak& peak : peaks)
        if (peak.model == model.id && peak.pixels >= pixels && shape.frames <= model.frames &&
            (nearest == nullptr || peak.pixels < nearest->pixels))
            nearest = &peak;
    if (nearest == nullptr) return std::nullopt;
    return Range{nearest->low_gb * 1e9, nearest->high_gb * 1e9, std::string(nearest->source)};
}

}  // namespace tmplbuild::calculator
