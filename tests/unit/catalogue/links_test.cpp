// SPDX-License-Identifier: Apache-2.0
// Pasted links: a table of what people copy, and what is fetched for it.
#include "catalogue/links.hpp"

#include "support/catch.hpp"

namespace tmplbuild::catalogue {
namespace {

struct Pasted {
    const char* text;
    const char* url;  // empty: a problem
    const char* name;
    const char* directory;
};

const std::string hf = "https://huggingface.co/";

const std::vector<Pasted> pasted = {
    {"https://huggingface.co/o/r/resolve/main/x.safetensors", "https://huggingface.co/o/r/resolve/main/x.safetensors",
     "x.safetensors", ""},
    {"https://huggingface.co/o/r/blob/main/split_files/vae/x.safetensors",
     "https://huggingface.co/o/r/resolve/main/split_files/vae/x.safetensors", "x.safetensors", "vae"},
    {"https://huggingface.co/o/r/raw/main/x.gguf", "https://huggingface.co/o/r/resolve/main/x.gguf", "x.gguf",
     "diffusion_models"},
    {"  https://hf.co/o/r/resolve/v1.0/a%20b.safetensors?download=true#x ",
     "https://huggingface.co/o/r/resolve/v1.0/a%20b.safetensors", "a b.safetensors", ""},
    {"huggingface.co/o/my-lora/blob/main/x.safetensors", "https://huggingface.co/o/my-lora/resolve/main/x.safetensors",
     "x.safetensors", "loras"},
    {"https://huggingface.co/o/r/resolve/main/unet/x.safetensors",
     "https://huggingface.co/o/r/resolve/main/unet/x.safetensors", "x.safetensors", "diffusion_models"},
    {"https://HuggingFace.co/o/r/resolve/main/umt5_xxl_fp8_e4m3fn_scaled.safetensors",
     "https://huggingface.co/o/r/resolve/main/umt5_xxl_fp8_e4m3fn_scaled.safetensors",
     "umt5_xxl_fp8_e4m3fn_scaled.safetensors", "text_encoders"},
    {"https://huggingface.co/o/r", "", "", ""},
    {"https://huggingface.co/o", "", "", ""},
    {"https://huggingface.co/o/r/tree/main/split_files", "", "", ""},
    {"https://huggingface.co/o/r/discussions/1", "", "", ""},
    {"https://huggingface.co/o/r/blob/main/README.md", "", "", ""},
    {"https://huggingface.co/datasets/o/r/resolve/main/x.safetensors", "", "", ""},
    {"https://huggingface.co/o/r/resolve/main/%2e%2e/x.safetensors", "", "", ""},
    {"https://huggingface.co/o/r/resolve/main/a%2fb.safetensors", "", "", ""},
    {"https://civitai.com/api/download/models/12345", "https://civitai.com/api/download/models/12345", "", ""},
    {"https://civitai.com/api/download/models/12345?type=Model&format=SafeTensor&token=geheim&x=1",
     "https://civitai.com/api/download/models/12345?type=Model&format=SafeTensor", "", ""},
    {"https://civitai.red/api/download/models/12345?fileId=9", "https://civitai.red/api/download/models/12345?fileId=9",
     "", ""},
    {"https://civitai.red/models/1/a-name?modelVersionId=12345", "https://civitai.red/api/download/models/12345", "",
     ""},
    {"https://www.civitai.com/model-versions/12345", "https://www.civitai.com/api/download/models/12345", "", ""},
    {"https://civitai.com/api/download/models/12345?type=VAE", "https://civitai.com/api/download/models/12345?type=VAE",
     "", "vae"},
    {"https://civitai.com/models/1/a-name", "", "", ""},
    {"https://civitai.com/models/1?modelVersionId=../x", "", "", ""},
    {"https://civitai.com/images/1", "", "", ""},
    {"https://github.com/o/r/releases/download/v1/RealESRGAN_x4plus.pth",
     "https://github.com/o/r/releases/download/v1/RealESRGAN_x4plus.pth", "RealESRGAN_x4plus.pth", "upscale_models"},
    {"https://github.com/o/r/blob/main/x.safetensors", "https://github.com/o/r/raw/main/x.safetensors", "x.safetensors",
     ""},
    {"https://example.org/a/x.safetensors?sig=1", "https://example.org/a/x.safetensors?sig=1", "x.safetensors", ""},
    {"https://example.org/page.html", "", "", ""},
    {"https://user:secret@example.org/x.safetensors", "", "", ""},
    {"file:///etc/passwd", "", "", ""},
    {"javascript:alert(1)", "", "", ""},
    {"", "", "", ""},
};

}  // namespace

TEST_CASE("a pasted link becomes the address of a file, or says what is wrong with it") {
    for (const Pasted& one : pasted) {
        INFO(one.text);
        const ModelLink link = read_link(one.text);
        INFO(link.problem);
        CHECK(link.url == one.url);
        CHECK(link.name == one.name);
        if (*one.url != '\0') CHECK(link.directory == one.directory);
        CHECK(link.problem.empty() == (*one.url != '\0'));
        CHECK(link.hint.empty() == link.problem.empty());
        CHECK(link.directory.empty() <= link.reason.empty() + (link.host == LinkHost::civitai));
    }
}

TEST_CASE("a key in a link is taken out of all that is shown") {
    const ModelLink link = read_link("https://civitai.com/api/download/models/1?token=geheim&type=Model");
    CHECK(link.token_removed);
    CHECK(link.given.find("geheim") == std::string::npos);
    CHECK(link.url == "https://civitai.com/api/download/models/1?type=Model");
    CHECK(read_link("https://example.org/x.safetensors?Token=geheim").url == "https://example.org/x.safetensors");
}

TEST_CASE("many links are found in any text") {
    const auto links = read_links(
        "Get these:\n- [high](https://huggingface.co/o/r/blob/main/w_high_noise.safetensors), "
        "https://huggingface.co/o/r/blob/main/w_low_noise.safetensors\r\n"
        "and https://huggingface.co/o/r/resolve/main/w_low_noise.safetensors again; "
        "civitai.red/models/7?modelVersionId=8\n");
    REQUIRE(links.size() == 3);
    CHECK(links[0].pair == 1u);
    CHECK(links[1].pair == 0u);
    CHECK(links[2].url == "https://civitai.red/api/download/models/8");
    CHECK(read_links("no link at all").empty());
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "https://example.org/" + std::to_string(i) + ".safetensors\n";
    CHECK(read_links(many).size() == max_pasted_links);
}

TEST_CASE("half of a pair tells where the other half is") {
    const auto links = read_links("https://huggingface.co/o/r/resolve/main/HighNoise/a%20b-HighNoise-Q8_0.gguf");
    REQUIRE(links.size() == 1);
    CHECK_FALSE(links[0].pair);
    CHECK(links[0].other_half == "https://huggingface.co/o/r/resolve/main/LowNoise/a%20b-LowNoise-Q8_0.gguf");
    CHECK(name_of_other_half("wan2.2_t2v_low_noise_14B.safetensors") == "wan2.2_t2v_high_noise_14B.safetensors");
    CHECK(name_of_other_half("Wan2.2-HIGH.safetensors") == "Wan2.2-LOW.safetensors");
    CHECK(name_of_other_half("wan_2.1_vae.safetensors").empty());
}

}  // namespace tmplbuild::catalogue
