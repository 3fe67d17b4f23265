// SPDX-License-Identifier: Apache-2.0
// Which kind of model a file certainly is, by the names of its tensors or its GGUF architecture.
#include "catalogue/safetensors.hpp"

#include "support/catch.hpp"

namespace tmplbuild::catalogue {
namespace {

struct Known {
    std::vector<std::string> tensors;
    ModelKind kind;
};

std::string file_with(const std::string& header) {
    std::string out;
    for (int i = 0; i < 8; ++i) out += static_cast<char>(header.size() >> (8 * i));
    return out + header;
}

std::string gguf_with(const std::string& key, const std::string& value) {
    const auto number = [](std::uint64_t n, int size) {
        std::string out;
        for (int i = 0; i < size; ++i) out += static_cast<char>(n >> (8 * i));
        return out;
    };
    return "GGUF" + number(3, 4) + number(0, 8) + number(1, 8) + number(key.size(), 8) + key + number(8, 4) +
           number(value.size(), 8) + value;
}

}  // namespace

TEST_CASE("tensors tell the kind, and a doubt tells none") {
    const std::vector<Known> known = {
        {{"diffusion_model.blocks.0.self_attn.q.lora_A.weight", "diffusion_model.blocks.0.self_attn.q.lora_B.weight"},
         ModelKind::lora},
        {{"lora_unet_down_blocks_0.alpha", "lora_unet_down_blocks_0.lora_up.weight"}, ModelKind::lora},
        {{"model.diffusion_model.input_blocks.0.0.weight", "first_stage_model.decoder.conv_in.weight"},
         ModelKind::checkpoint},
        {{"model.diffusion_model.transformer_blocks.0.x", "vae.decoder.conv_in.weight"}, ModelKind::checkpoint},
        {{"model.diffusion_model.double_blocks.0.img_attn.qkv.weight"}, ModelKind::diffusion_model},
        {{"double_blocks.0.img_attn.qkv.weight", "img_in.weight"}, ModelKind::diffusion_model},
        {{"blocks.0.self_attn.q.weight", "patch_embedding.weight"}, ModelKind::diffusion_model},
        {{"encoder.conv_in.weight", "decoder.conv_in.weight"}, ModelKind::vae},
        {{"encoder.conv1.weight", "decoder.middle.0.residual.0.gamma"}, ModelKind::vae},
        {{"text_model.encoder.layers.0.self_attn.q_proj.weight"}, ModelKind::text_encoder},
        {{"encoder.block.0.layer.0.SelfAttention.q.weight"}, ModelKind::text_encoder},
        {{"model.layers.0.self_attn.q_proj.weight", "model.embed_tokens.weight"}, ModelKind::text_encoder},
        {{"vision_model.encoder.layers.0.self_attn.q_proj.weight"}, ModelKind::clip_vision},
        {{"vision_model.encoder.layers.0.a", "text_model.encoder.layers.0.self_attn.b"}, ModelKind::unknown},
        {{"control_model.input_blocks.0.0.weight"}, ModelKind::controlnet},
        {{"a", "b"}, ModelKind::unknown},
        // One LoRA among many tensors of a model.
        {{"a", "b", "c", "x.lora_A.weight"}, ModelKind::unknown},
        {{}, ModelKind::unknown},
    };
    for (const Known& one : known) {
        INFO((one.tensors.empty() ? "none" : one.tensors.front()));
        CHECK(to_string(kind_of_tensors(one.tensors)) == to_string(one.kind));
    }
}

TEST_CASE("a header is read, and lengths that lie are refused") {
    const auto header =
        read_safetensors_header(file_with(R"({"__metadata__":{"a":"b","c":1},"t":{"dtype":"F8"}})") + "data");
    REQUIRE(header);
    CHECK(header->metadata == std::map<std::string, std::string>{{"a", "b"}});
    CHECK(header->tensors == std::vector<std::string>{"t"});
    CHECK(kind_of_file(file_with(R"({"lora_unet_x.lora_up.weight":{}})")) == ModelKind::lora);
    for (const std::string& bytes :
         {std::string(), std::string(8, '\0'), std::string("\xff\xff\xff\xff\xff\xff\xff\xff{", 9),
          std::string("\x10\0\0\0\0\0\0\0{", 9), file_with("{"), file_with("[]"), file_with("{\"a\":")})
        CHECK_FALSE(read_safetensors_header(bytes));
}

TEST_CASE("a GGUF file tells its architecture") {
    CHECK(gguf_architecture(gguf_with("general.architecture", "wan")) == "wan");
    CHECK(kind_of_file(gguf_with("general.architecture", "wan")) == ModelKind::diffusion_model);
    CHECK(kind_of_file(gguf_with("general.architecture", "t5encoder")) == ModelKind::text_encoder);
    CHECK(kind_of_file(gguf_with("general.architecture", "new")) == ModelKind::unknown);
    CHECK_FALSE(gguf_architecture(gguf_with("general.name", "wan")));
    const std::string whole = gguf_with("general.architecture", "wan");
    for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(gguf_architecture(whole.substr(0, size)));
}

TEST_CASE("folders take the kinds that their loaders read") {
    CHECK(belongs_in(ModelKind::lora, "loras"));
    CHECK_FALSE(belongs_in(ModelKind::lora, "diffusion_models"));
    CHECK_FALSE(belongs_in(ModelKind::vae, "loras"));
    CHECK_FALSE(belongs_in(ModelKind::diffusion_model, "checkpoints"));
    CHECK(belongs_in(ModelKind::checkpoint, "checkpoints"));
    CHECK(belongs_in(ModelKind::lora, "model_patches"));
    CHECK(belongs_in(ModelKind::lora, "a_custom_nodes_own"));
    CHECK(belongs_in(ModelKind::unknown, "vae"));
    for (const ModelKind kind : {ModelKind::checkpoint, ModelKind::diffusion_model, ModelKind::lora, ModelKind::vae,
                                 ModelKind::text_encoder, ModelKind::clip_vision, ModelKind::controlnet})
        CHECK(belongs_in(kind, folder_for(kind)));
}

}  // namespace tmplbuild::catalogue
