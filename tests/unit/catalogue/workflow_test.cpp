// SPDX-License-Identifier: Apache-2.0
// What workflows need, in both of ComfyUI's forms.
#include "catalogue/workflow.hpp"

#include "support/catch.hpp"

namespace tmplbuild::catalogue {
namespace {

// "DIRECTORY/NAME" of each, "(DIRECTORY/NAME)" where nothing uses it.
std::vector<std::string> needs(const std::string& text) {
    const auto read = read_workflow(text, "w.json");
    REQUIRE(read);
    std::vector<std::string> out;
    for (const NeededModel& model : read->models) {
        const std::string one = model.directory + "/" + model.name;
        out.push_back(model.is_used ? one : "(" + one + ")");
    }
    return out;
}

std::string graph(const std::string& nodes) { return R"({"nodes":[)" + nodes + "]}"; }

}  // namespace

TEST_CASE("loaders of a saved workflow name their models") {
    CHECK(needs(graph(R"({"id":1,"type":"UNETLoader","mode":0,"widgets_values":["a.safetensors","default"]},
                         {"id":2,"type":"DualCLIPLoader","widgets_values":["l.safetensors","wan\\t5.safetensors","flux"]},
                         {"id":3,"type":"CheckpointLoaderSimple","mode":4,"widgets_values":["off.ckpt"]},
                         {"id":4,"type":"LTXAVTextEncoderLoader","widgets_values":["t.safetensors","c.safetensors","x"]},
                         {"id":5,"type":"CLIPTextEncode","widgets_values":["a cat.\nwith a hat.safetensors or not"]},
                         {"id":6,"type":"VAELoader","widgets_values":null},{"id":7},null,7)")) ==
          std::vector<std::string>{"diffusion_models/a.safetensors", "text_encoders/l.safetensors",
                                   "text_encoders/wan/t5.safetensors", "(checkpoints/off.ckpt)",
                                   "text_encoders/t.safetensors", "checkpoints/c.safetensors"});
    CHECK(
        needs(graph(
            R"json({"type":"Power Lora Loader (rgthree)","widgets_values":[{},{"on":true,"lora":"a.safetensors","strength":1},{"lora":"b.safetensors"}]
},
                         {"type":"UnetLoaderGGUF","widgets_values":{"unet_name":"q.gguf"}})json")) ==
        std::vector<std::string>{"loras/a.safetensors", "loras/b.safetensors", "diffusion_models/q.gguf"});
}

TEST_CASE("a workflow's own list gives links, digests and folders") {
    const auto read =
        read_workflow(graph(R"({"type":"Strange","widgets_values":["x.safetensors"],"properties":{"models":[
            {"name":"x.safetensors","directory":"vae","url":"https://huggingface.co/o/r/blob/main/x.safetensors?download=true",
             "hash":"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef","hash_type":"SHA256"},
            {"name":"x.safetensors","directory":"vae","url":"https://example.org/x.safetensors"},
            {"name":"../y.safetensors","directory":"vae","url":"https://example.org/y.safetensors"}]}},
            {"type":"Other","widgets_values":["x2.safetensors"]})"),
                      "w");
    REQUIRE(read);
    REQUIRE(read->models.size() == 2);
    CHECK(read->models[0].directory == "vae");
    CHECK(read->models[0].urls == std::vector<std::string>{"https://huggingface.co/o/r/resolve/main/x.safetensors",
                                                           "https://example.org/x.safetensors"});
    CHECK(read->models[0].sha256 == "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    CHECK(read->models[1].directory.empty());
    CHECK(read->nodes_unknown == std::vector<std::string>{"Other"});
}

TEST_CASE("a node without names of its own needs what it tells of") {
    CHECK(needs(graph(
              R"({"type":"Fetcher","properties":{"models":[{"name":"m.pth","directory":"detection","url":""}]}})")) ==
          std::vector<std::string>{"detection/m.pth"});
}

TEST_CASE("a subgraph's models are those that its instance chooses") {
    const std::string text = R"({"nodes":[{"id":9,"type":"11111111-2222-3333-4444-555555555555","mode":0,
        "properties":{"proxyWidgets":[["1","unet_name"],["-1","text"]]},"widgets_values":["mine.safetensors","a prompt"]}],
        "definitions":{"subgraphs":[{"id":"11111111-2222-3333-4444-555555555555","name":"Sub","nodes":[
            {"id":1,"type":"UNETLoader","widgets_values":["default.safetensors"]},
            {"id":2,"type":"VAELoader","widgets_values":["v.safetensors"]}]}]}})";
    CHECK(needs(text) == std::vector<std::string>{"diffusion_models/mine.safetensors", "vae/v.safetensors"});
    // A subgraph in another one, whichever of the two is defined first; and one that is muted.
    const std::string nested = R"({"nodes":[{"id":1,"type":"z","mode":0},{"id":2,"type":"muted","mode":2}],
        "definitions":{"subgraphs":[
            {"id":"a","name":"Inner","nodes":[{"id":5,"type":"VAELoader","widgets_values":["default.safetensors"]}]},
            {"id":"muted","name":"Muted","nodes":[{"id":6,"type":"VAELoader","widgets_values":["muted.safetensors"]}]},
            {"id":"z","name":"Outer","nodes":[{"id":7,"type":"a","properties":{"proxyWidgets":[["5","vae_name"]]},
                "widgets_values":["chosen.safetensors"]}]}]}})";
    CHECK(needs(nested) == std::vector<std::string>{"(vae/muted.safetensors)", "vae/chosen.safetensors"});
    // Without a list of what the widgets stand for, the folder is what the workflow says of that name elsewhere.
    const std::string older = R"({"nodes":[{"id":9,"type":"s","widgets_values":["a.safetensors"]}],
        "definitions":{"subgraphs":[{"id":"s","name":"Sub","nodes":[{"id":1,"type":"UNETLoader","widgets_values":["a.safetensors"],
            "properties":{"models":[{"name":"a.safetensors","directory":"diffusion_models","url":""}]}}]}]}})";
    CHECK(needs(older) == std::vector<std::string>{"diffusion_models/a.safetensors"});
}

TEST_CASE("the API's form names inputs") {
    CHECK(needs(R"({"1":{"class_type":"VAELoader","inputs":{"vae_name":"v.safetensors"}},
                    "2":{"class_type":"Custom","inputs":{"lora_name":"l.safetensors","model":["1",0],"x":NaN}}})") ==
          std::vector<std::string>{"vae/v.safetensors", "loras/l.safetensors"});
    CHECK(needs(R"({"prompt":{"1":{"class_type":"CLIPVisionLoader","inputs":{"clip_name":"c.safetensors"}}}})") ==
          std::vector<std::string>{"clip_vision/c.safetensors"});
    CHECK(needs(R"({"nodes":[],"note":"a NaN and \" Infinity in text","x":-Infinity})").empty());
}

TEST_CASE("what is no workflow is refused in words") {
    for (const char* text : {"", "[]", "{}", "{\"a\":1}", "nonsense", "{\"nodes\":"}) {
        INFO(text);
        const auto read = read_workflow(text, "w.json");
        REQUIRE_FALSE(read);
        CHECK(read.error().to_string().find("w.json") != std::string::npos);
    }
}

}  // namespace tmplbuild::catalogue
