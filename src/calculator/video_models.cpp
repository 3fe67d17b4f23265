// SPDX-License-Identifier: Apache-2.0
#include "calculator/video_models.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"

namespace tmplbuild::calculator {
namespace {

constexpr std::string_view wan_source = "Wan-Video/Wan2.1 and Wan2.2, wan/configs and generate.py";
constexpr FrameGrid wan_grid{4, 1};
constexpr Transformer wan_14b{5120, 13824, 40};

}  // namespace

std::int64_t FrameGrid::at_least(std::int64_t frames) const {
    const std::int64_t n = std::max<std::int64_t>(1, (frames - offset + step - 1) / step);
    return step * n + offset;
}

std::int64_t FrameGrid::at_most(std::int64_t frames) const {
    const std::int64_t n = std::max<std::int64_t>(1, (frames - offset) / step);
    return step * n + offset;
}

const std::vector<VideoModel>& video_models() {
    // Members: id, name, grid, frames, shortest, longest, fps, latent_step, latents, first_latents, stride,
    // size_multiple, width, height, transformer, steps, source.
    static const std::vector<VideoModel> models = {
        {"wan22-a14b", "Wan 2.2 A14B (text or image to video)", wan_grid, 81, 5, 81, 16, 4, 1, 1, 8, 16, 1280, 720,
         wan_14b, 40, wan_source},
        {"wan22-5b", "Wan 2.2 TI2V 5B", wan_grid, 121, 5, 121, 24, 4, 1, 1, 16, 32, 1280, 704,
         Transformer{3072, 14336, 30}, 50, wan_source},
        {"wan22-animate-14b", "Wan 2.2 Animate 14B", wan_grid, 77, 5, 77, 30, 4, 1, 1, 8, 16, 1280, 720, wan_14b, 20,
         wan_source},
        {"wan-animate-2", "Wan Animate 2", wan_grid, 77, 5, 0, 30, 4, 1, 1, 8, 16, 832, 480, std::nullopt, 0,
         "comfyui-workflow-templates-json 0.1.123"},
        {"wan21-14b", "Wan 2.1 14B", wan_grid, 81, 5, 81, 16, 4, 1, 1, 8, 16, 1280, 720, wan_14b, 50, wan_source},
        {"wan21-1.3b", "Wan 2.1 1.3B", wan_grid, 81, 5, 81, 16, 4, 1, 1, 8, 16, 832, 480, Transformer{1536, 8960, 30},
         50, wan_source},
        {"ltx-2",
         "LTX-2, 2.3 and 2.5",
         {8, 1},
         97,
         9,
         0,
         25,
         8,
         1,
         1,
         32,
         32,
         1280,
         704,
         std::nullopt,
         0,
         "ComfyUI comfy_extras/nodes_lt.py at 8258cfe"},
        {"minimax-h3",
         "MiniMax H3",
         {17, 5},
         124,
         124,
         362,
         24,
         17,
         5,
         2,
         16,
         32,
         1344,
         768,
         std::nullopt,
         0,
         "ComfyUI comfy_extras/nodes_minimax_h3.py at 13a83ce"},
        {"hunyuan-1.5",
         "HunyuanVideo 1.5",
         {4, 1},
         121,
         5,
         121,
         24,
         4,
         1,
         1,
         16,
         16,
         1280,
         720,
         std::nullopt,
         0,
         "ComfyUI's EmptyHunyuanVideo15Latent node (docs.comfy.org), comfyui-workflow-templates-json 0.1.123"},
        {"hunyuan-1.0",
         "HunyuanVideo 1.0",
         {4, 1},
         129,
         5,
         129,
         24,
         4,
         1,
         1,
         8,
         16,
         1280,
         720,
         std::nullopt,
         50,
         "ComfyUI comfy_extras/nodes_hunyuan.py; Tencent's HunyuanVideo README"},
    };
    return models;
}

Result<const VideoModel*> video_model(std::string_view id) {
    std::vector<std::string> ids;
    for (const VideoModel& model : video_models()) {
        if (model.id == id) return &model;
        ids.emplace_back(model.id);
    }
    std::string hint = did_you_mean(id, ids);
    if (hint.empty()) hint = "the models are " + join(ids, ", ");
    return usage_error("there is no video model '" + std::string(id) + "'", hint);
}

}  // namespace tmplbuild::calculator
