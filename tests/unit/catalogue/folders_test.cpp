// SPDX-License-Identifier: Apache-2.0
// ComfyUI's folders, and what extra_model_paths.yaml adds to them.
#include "catalogue/folders.hpp"

#include "support/catch.hpp"

namespace tmplbuild::catalogue {
namespace {

std::vector<std::string> read(const std::string& text, const std::map<std::string, std::string>& environment = {}) {
    const auto folders = read_extra_model_paths(text, {"/c/ComfyUI/extra_model_paths.yaml", environment});
    REQUIRE(folders);
    std::vector<std::string> out;
    for (const ExtraFolder& one : *folders) out.push_back(one.kind + (one.is_default ? "! " : " ") + one.path);
    return out;
}

struct Broken {
    const char* text;
    const char* where;
};

}  // namespace

TEST_CASE("older names of folders are the same kind") {
    CHECK(folder_kind("unet")->name == "diffusion_models");
    CHECK(folder_kind("clip")->name == "text_encoders");
    CHECK(folder_kind("t2i_adapter")->name == "controlnet");
    CHECK(folder_kind("lora") == nullptr);
    CHECK(near_folder("lora") == "loras");
    CHECK(near_folder("Lora") == "loras");
    CHECK(near_folder("checkpoint") == "checkpoints");
    CHECK(near_folder("text_encoder") == "text_encoders");
    CHECK(near_folder("loras").empty());
    CHECK(near_folder("Text-Encoder") == "text_encoders");
    CHECK(near_folder("difusion_models") == "diffusion_models");
    CHECK(near_folder("diffusion_model") == "diffusion_models");
    // Folders of much used custom nodes.
    for (const char* own : {"ultralytics",
                            "ipadapter",
                            "insightface",
                            "sams",
                            "LLM",
                            "animatediff_models",
                            "animatediff_motion_lora",
                            "facerestore_models",
                            "facedetection",
                            "BiRefNet",
                            "RMBG",
                            "luts",
                            "onnx",
                            "inpaint",
                            "instantid",
                            "pulid",
                            "mmaudio",
                            "depthanything",
                            "yolo",
                            "sam2",
                            "reactor",
                            "SEEDVR2",
                            "xlabs",
                            "layer_model",
                            "grounding-dino",
                            "tensorrt",
                            "vitmatte",
                            "liveportrait",
                            "LatentSync",
                            "wav2vec2",
                            "transformers",
                            "vibevoice",
                            "sd",
                            "gguf",
                            "clip_interrogator",
                            "nunchaku",
                            "model",
                            "vae2",
                            "style"}) {
        INFO(own);
        CHECK(near_folder(own).empty());
    }
    CHECK(kind_path("unet/wan/a").kind == "diffusion_models");
    CHECK(kind_path("unet/wan/a").below == "wan/a");
    CHECK(kind_path("LLM").kind == "LLM");
    CHECK(folders_of("/m").at("text_encoders") == std::vector<std::string>{"/m/text_encoders", "/m/clip"});
}

TEST_CASE("extra_model_paths.yaml is read as ComfyUI reads it") {
    CHECK(read("comfyui:\n    base_path: /w/models/\n    is_default: true\n    checkpoints: ckpt\n    loras: |\n       "
               " a\n"
               "        b/c\n    custom_nodes: nodes\n") ==
          std::vector<std::string>{"checkpoints! /w/models/ckpt", "loras! /w/models/a", "loras! /w/models/b/c"});
    CHECK(read("a:\n  vae: /abs/vae\n  unet: rel\n") ==
          std::vector<std::string>{"vae /abs/vae", "diffusion_models /c/ComfyUI/rel"});
    CHECK(read("a:\n  base_path: ../models\n  clip: ./x/../y\n") ==
          std::vector<std::string>{"text_encoders /c/models/y"});
    CHECK(
        read("a:\n  base_path: ~/m\n  vae: v\nb:\n  base_path: ${W}/n\n  vae: v\nc:\n  base_path: $NONE/x\n  vae: v\n",
             {{"HOME", "/root"}, {"W", "/w"}}) ==
        std::vector<std::string>{"vae /root/m/v", "vae /w/n/v", "vae /c/ComfyUI/$NONE/x/v"});
    CHECK(read("# all lines of it are comments\na:\n  # vae: x\nb: {vae: \"/q\"}\n") ==
          std::vector<std::string>{"vae /q"});
    CHECK(read("").empty());
    CHECK(read("# nothing\n").empty());
    CHECK(read("a:\n  vae:\n  loras: ~\n").empty());
}

TEST_CASE("what is wrong in extra_model_paths.yaml is told with its place") {
    for (const Broken& broken : std::vector<Broken>{{"a: [", "1:4"},
                                                    {"a:\n  vae: [x]\n", "2:8"},
                                                    {"a:\n  vae: {x: y}\n", "2:8"},
                                                    {"- a\n", "1:1"},
                                                    {"text", "1:1"},
                                                    {"a: text\n", "1:4"},
                                                    {"a:\n  ? [x]\n  : y\n", "2:5"},
                                                    {"a:\n\tvae: x\n", "2:1"},
                                                    {"a: &x\n  vae: *y\n", "2:8"}}) {
        INFO(broken.text);
        const auto folders = read_extra_model_paths(broken.text, {"f", {}});
        REQUIRE_FALSE(folders);
        CHECK(folders.error().to_string() != "");
        CHECK(folders.error().where.value().to_string() == std::string("f:") + broken.where);
    }
    CHECK_FALSE(read_extra_model_paths(std::string(2 << 20, ' '), {"f", {}}));
}

TEST_CASE("extra folders come behind ComfyUI's own, and default ones before them") {
    ModelFolders folders = folders_of("/m");
    add_extra(folders,
              {{"vae", "/x/vae", false}, {"vae", "/m/vae", false}, {"loras", "/y", true}, {"clip", "/z", false}});
    CHECK(folders.at("vae") == std::vector<std::string>{"/m/vae", "/x/vae"});
    CHECK(folders.at("loras") == std::vector<std::string>{"/y", "/m/loras"});
    CHECK(folders.at("text_encoders") == std::vector<std::string>{"/m/text_encoders", "/m/clip", "/z"});
    add_extra(folders, {{"vae", "/x/vae", true}});
    CHECK(folders.at("vae") == std::vector<std::string>{"/x/vae", "/m/vae"});
}

}  // namespace tmplbuild::catalogue
