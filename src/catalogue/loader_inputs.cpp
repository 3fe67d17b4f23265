// SPDX-License-Identifier: Apache-2.0
// The table of nodes that load model files. The first part are ComfyUI's own (nodes.py and comfy_extras, 0.32.0), with
// the folders that ComfyUI's templates (comfyui-workflow-templates-json 0.1.123) give for them; the second part are
// those of ComfyUI-GGUF (city96), ComfyUI-WanVideoWrapper and -KJNodes (kijai), rgthree-comfy, by their repositories'
// code. A node's inputs stand in the order of its widgets.
#include <array>

#include "catalogue/workflow.hpp"

namespace tmplbuild::catalogue {

const std::vector<LoaderInput>& loader_inputs() {
    static const std::vector<LoaderInput> inputs = {
        {"CheckpointLoader", "config_name", "configs"},
        {"CheckpointLoader", "ckpt_name", "checkpoints"},
        {"CheckpointLoaderSimple", "ckpt_name", "checkpoints"},
        {"ImageOnlyCheckpointLoader", "ckpt_name", "checkpoints"},
        {"unCLIPCheckpointLoader", "ckpt_name", "checkpoints"},
        {"LTXVAudioVAELoader", "ckpt_name", "checkpoints"},
        {"LTXAVTextEncoderLoader", "text_encoder", "text_encoders"},
        {"LTXAVTextEncoderLoader", "ckpt_name", "checkpoints"},
        {"UNETLoader", "unet_name", "diffusion_models"},
        {"VAELoader", "vae_name", "vae"},
        {"CLIPLoader", "clip_name", "text_encoders"},
        {"DualCLIPLoader", "clip_name1", "text_encoders"},
        {"DualCLIPLoader", "clip_name2", "text_encoders"},
        {"TripleCLIPLoader", "clip_name1", "text_encoders"},
        {"TripleCLIPLoader", "clip_name2", "text_encoders"},
        {"TripleCLIPLoader", "clip_name3", "text_encoders"},
        {"QuadrupleCLIPLoader", "clip_name1", "text_encoders"},
        {"QuadrupleCLIPLoader", "clip_name2", "text_encoders"},
        {"QuadrupleCLIPLoader", "clip_name3", "text_encoders"},
        {"QuadrupleCLIPLoader", "clip_name4", "text_encoders"},
        {"CLIPVisionLoader", "clip_name", "clip_vision"},
        {"LoraLoader", "lora_name", "loras"},
        {"LoraLoaderModelOnly", "lora_name", "loras"},
        {"ControlNetLoader", "control_net_name", "controlnet"},
        {"DiffControlNetLoader", "control_net_name", "controlnet"},
        {"StyleModelLoader", "style_model_name", "style_models"},
        {"GLIGENLoader", "gligen_name", "gligen"},
        {"HypernetworkLoader", "hypernetwork_name", "hypernetworks"},
        {"PhotoMakerLoader", "photomaker_model_name", "photomaker"},
        {"UpscaleModelLoader", "model_name", "upscale_models"},
        {"LatentUpscaleModelLoader", "model_name", "latent_upscale_models"},
        {"ModelPatchLoader", "name", "model_patches"},
        {"AudioEncoderLoader", "audio_encoder_name", "audio_encoders"},
        {"LoadMoGeModel", "model_name", "geometry_estimation"},
        {"LoadDA3Model", "model_name", "geometry_estimation"},
        {"LoadBackgroundRemovalModel", "model_name", "background_removal"},
        {"FrameInterpolationModelLoader", "model_name", "frame_interpolation"},
        {"OpticalFlowLoader", "model_name", "optical_flow"},
        {"SAM3DBody_Loader", "model_name", "detection"},
        {"ConditioningLoader", "conditioning_name", "embeddings"},

        {"UnetLoaderGGUF", "unet_name", "diffusion_models"},
        {"UnetLoaderGGUFAdvanced", "unet_name", "diffusion_models"},
        {"CLIPLoaderGGUF", "clip_name", "text_encoders"},
        {"DualCLIPLoaderGGUF", "clip_name1", "text_encoders"},
        {"DualCLIPLoaderGGUF", "clip_name2", "text_encoders"},
        {"TripleCLIPLoaderGGUF", "clip_name1", "text_encoders"},
        {"TripleCLIPLoaderGGUF", "clip_name2", "text_encoders"},
        {"TripleCLIPLoaderGGUF", "clip_name3", "text_encoders"},
        {"WanVideoModelLoader", "model", "diffusion_models"},
        {"WanVideoVAELoader", "model_name", "vae"},
        {"WanVideoTinyVAELoader", "model_name", "vae_approx"},
        {"WanVideoLoraSelect", "lora", "loras"},
        {"WanVideoLoraSelectMulti", "lora_0", "loras"},
        {"WanVideoVACEModelSelect", "vace_model", "diffusion_models"},
        {"WanVideoExtraModelSelect", "extra_model", "diffusion_models"},
        {"LoadWanVideoT5TextEncoder", "model_name", "text_encoders"},
        {"LoadWanVideoClipTextEncoder", "model_name", "clip_vision"},
        {"MultiTalkModelLoader", "model", "diffusion_models"},
        {"FantasyTalkingModelLoader", "model", "diffusion_models"},
        {"DiffusionModelLoaderKJ", "model_name", "diffusion_models"},
        {"VAELoaderKJ", "vae_name", "vae"},
        {"Power Lora Loader (rgthree)", "lora", "loras"},
    };
    return inputs;
}

std::string_view directory_of_input(std::string_view node, std::string_view input) {
    for (const LoaderInput& one : loader_inputs())
        if (one.node == node && one.input == input) return one.directory;
    // Names that every node takes for the same.
    struct Usual {
        std::string_view input, directory;
    };
    constexpr std::array usual = {
        Usual{"ckpt_name", "checkpoints"},
        Usual{"unet_name", "diffusion_models"},
        Usual{"vae_name", "vae"},
        Usual{"lora_name", "loras"},
        Usual{"lora", "loras"},
        Usual{"control_net_name", "controlnet"},
        Usual{"clip_name1", "text_encoders"},
        Usual{"clip_name2", "text_encoders"},
        Usual{"clip_name3", "text_encoders"},
        Usual{"clip_name4", "text_encoders"},
        Usual{"style_model_name", "style_models"},
        Usual{"audio_encoder_name", "audio_encoders"},
    };
    for (const Usual& one : usual)
        if (one.input == input) return one.directory;
    return {};
}

}  // namespace tmplbuild::catalogue
