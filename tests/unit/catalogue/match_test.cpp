// SPDX-License-Identifier: Apache-2.0
// Which of a volume's files is the wanted one: by size and digest, and by name only where nothing else is known.
#include "catalogue/match.hpp"

#include "support/catch.hpp"

namespace tmplbuild::catalogue {
namespace {

const std::string digest_a(64, 'a'), digest_b(64, 'b');

const std::vector<ModelFile> files = {
    {"/m/vae/v.safetensors", "vae", "v.safetensors", 100, ""},
    {"/m/vae/from.safetensors", "vae", "from.safetensors", 90, "", "https://h/from"},
    {"/m/vae/hashed.safetensors", "vae", "hashed.safetensors", 100, digest_a},
    {"/m/lora/l.safetensors", "", "l.safetensors", 50, ""},
    {"/m/loras/wan/w.safetensors", "loras", "wan/w.safetensors", 60, ""},
    {"/m/unet/other-name.safetensors", "diffusion_models", "other-name.safetensors", 70, digest_b},
    {"/m/checkpoints/twice.safetensors", "checkpoints", "twice.safetensors", 80, ""},
    {"/m/vae/twice.safetensors", "vae", "twice.safetensors", 80, ""},
};

struct Wish {
    WantedModel wanted;
    const char* state;
    const char* at;
    std::size_t choices;
};

}  // namespace

TEST_CASE("a wanted model is there, missing, misplaced, another, or not known") {
    const ModelFiles known(files);
    const std::vector<Wish> wishes = {
        {{"vae", "v.safetensors", 100, ""}, "there", "/m/vae/v.safetensors", 0},
        // Its size is right and its digest was not computed yet.
        {{"vae", "v.safetensors", 100, digest_b}, "there", "/m/vae/v.safetensors", 0},
        {{"vae", "from.safetensors", std::nullopt, "", {"https://h/other", "https://h/from"}},
         "there",
         "/m/vae/from.safetensors",
         0},
        {{"vae", "from.safetensors", std::nullopt, "", {"https://h/other"}}, "unknown", "/m/vae/from.safetensors", 0},
        {{"vae", "from.safetensors", 91, "", {"https://h/from"}}, "differs", "/m/vae/from.safetensors", 0},
        {{"vae", "v.safetensors", 99, ""}, "differs", "/m/vae/v.safetensors", 0},
        {{"vae", "v.safetensors", std::nullopt, ""}, "unknown", "/m/vae/v.safetensors", 0},
        {{"vae", "v.safetensors", std::nullopt, digest_a}, "unknown", "/m/vae/v.safetensors", 0},
        {{"vae", "hashed.safetensors", std::nullopt, digest_a}, "there", "/m/vae/hashed.safetensors", 0},
        {{"vae", "hashed.safetensors", 100, digest_b}, "misplaced", "/m/unet/other-name.safetensors", 0},
        {{"vae", "hashed.safetensors", 100, std::string(64, 'c')}, "differs", "/m/vae/hashed.safetensors", 0},
        {{"loras", "l.safetensors", 50, ""}, "misplaced", "/m/lora/l.safetensors", 0},
        {{"loras", "l.safetensors", 51, ""}, "missing", "", 0},
        {{"loras", "w.safetensors", 60, ""}, "misplaced", "/m/loras/wan/w.safetensors", 0},
        {{"loras", "WAN/W.safetensors", 60, ""}, "misplaced", "/m/loras/wan/w.safetensors", 0},
        {{"loras", "none.safetensors", 60, ""}, "missing", "", 0},
        {{"diffusion_models", "x.safetensors", 70, digest_b}, "misplaced", "/m/unet/other-name.safetensors", 0},
        {{"loras", "twice.safetensors", 80, ""}, "misplaced", "/m/checkpoints/twice.safetensors", 2},
        {{"", "v.safetensors", std::nullopt, ""}, "misplaced", "/m/vae/v.safetensors", 0},
    };
    for (const Wish& wish : wishes) {
        INFO(wish.wanted.kind << "/" << wish.wanted.name << " " << wish.state);
        const MatchedModel found = match(wish.wanted, known);
        CHECK(to_string(found.state) == wish.state);
        CHECK(found.at == wish.at);
        CHECK(found.choices.size() == wish.choices);
    }
}

}  // namespace tmplbuild::catalogue
