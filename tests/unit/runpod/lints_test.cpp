// SPDX-License-Identifier: Apache-2.0
// Each lint, good and bad: what is changed of a good image or template, and what is said then.
#include <functional>

#include "image.hpp"
#include "runpod/platform.hpp"

namespace tmplbuild::runpod {
namespace {

struct Row {
    std::string what;
    std::function<void(ImageFacts&, RunpodOptions&)> change;
    std::vector<std::string> said;
};

const std::vector<Row> rows{
    {"nothing", [](auto&, auto&) {}, {}},
    {"not pushed", [](auto& i, auto&) { i.reference.clear(); }, {"error image-not-pushed"}},
    {"another entry point", [](auto& i, auto&) { i.entrypoint = {"/start.sh"}; }, {"error entrypoint-not-launcher"}},
    {"launcher with words", [](auto& i, auto&) { i.entrypoint.emplace_back("-x"); }, {"error entrypoint-not-launcher"}},
    {"disk as large as the image", [](auto&, auto& o) { o.disk_gb = 22; }, {}},
    {"disk below the image", [](auto&, auto& o) { o.disk_gb = 21; }, {"error disk-below-image"}},
    {"smallest volume", [](auto&, auto& o) { o.volume_gb = 10; }, {}},
    {"no volume", [](auto&, auto& o) { o.volume_gb = 0; }, {}},
    {"volume of 9 GB", [](auto&, auto& o) { o.volume_gb = 9; }, {"error volume-too-small"}},
    {"content under the volume",
     [](auto& i, auto&) { i.on_mount_path = "/workspace/ComfyUI/main.py"; },
     {"error content-under-mount-path"}},
    {"a file of a high owner", [](auto& i, auto&) { i.large_owner = "/opt/x"; }, {"error owner-too-high"}},
    {"the image's user",
     [](auto& i, auto&) { i.user = "65536:65536"; },
     {"error user-too-high", "error user-too-high"}},
    {"the highest user", [](auto& i, auto&) { i.user = "65535:65535"; }, {}},
    {"a service's user", [](auto& i, auto&) { i.spec.services[2].user = "100000"; }, {"error user-too-high"}},
    {"private, with a login",
     [](auto& i, auto& o) {
         i.is_private = true;
         o.registry = "reg";
     },
     {}},
    {"public", [](auto& i, auto&) { i.is_private = false; }, {}},
    {"private, without a login", [](auto& i, auto&) { i.is_private = true; }, {"error private-without-registry"}},
    {"CUDA above hosts", [](auto& i, auto&) { i.spec.cuda = "14.0"; }, {"error cuda-above-hosts"}},
    {"CUDA 13.3", [](auto& i, auto&) { i.spec.cuda = "13.3"; }, {}},
    {"a narrow list", [](auto&, auto& o) { o.cuda_versions = {"13.0"}; }, {"warning cuda-list-narrow"}},
    {"a whole list",
     [](auto&, auto& o) {
         o.cuda_versions = {"13.3", "13.0", "13.2", "13.1"};
     },
     {}},
    {"a list with older hosts",
     [](auto&, auto& o) {
         o.cuda_versions = {"12.8", "13.0", "13.1", "13.2", "13.3"};
     },
     {"error cuda-below-image"}},
    {"CUDA without a GPU", [](auto&, auto& o) { o.category = "CPU"; }, {"warning cuda-without-gpu"}},
    {"ten HTTP ports",
     [](auto& i, auto&) {
         for (std::uint16_t n = 0; n < 8; ++n) i.spec.services.push_back(service("web" + std::to_string(n), 9000 + n));
     },
     {}},
    {"eleven HTTP ports",
     [](auto& i, auto&) {
         for (std::uint16_t n = 0; n < 9; ++n) i.spec.services.push_back(service("web" + std::to_string(n), 9000 + n));
     },
     {"error too-many-http-ports"}},
    {"a key with sshd", [](auto&, auto& o) { o.environment["PUBLIC_KEY"] = "ssh-ed25519 A"; }, {}},
    {"a key without sshd",
     [](auto& i, auto& o) {
         o.environment["PUBLIC_KEY"] = "ssh-ed25519 A";
         i.spec.services.pop_back();
     },
     {"warning key-without-sshd"}},
    {"no ports",
     [](auto& i, auto&) {
         i.spec.services.clear();
         i.spec.console_port = 0;
     },
     {"warning no-ports"}},
    {"49 variables and the kernel's",
     [](auto&, auto& o) {
         for (int n = 0; n < 49; ++n) o.environment["V" + std::to_string(n)] = "x";
     },
     {}},
    {"50 variables and the kernel's",
     [](auto&, auto& o) {
         for (int n = 0; n < 50; ++n) o.environment["V" + std::to_string(n)] = "x";
     },
     {"error too-many-variables"}},
    {"a secret by name", [](auto&, auto& o) { o.secrets["HF_TOKEN"] = "hf"; }, {}},
    {"a secret in plain", [](auto&, auto& o) { o.environment["HF_TOKEN"] = "hf_abc"; }, {"error secret-in-plain"}},
    {"an empty secret", [](auto&, auto& o) { o.environment["CONSOLE_PASSWORD"] = ""; }, {}},
    {"a name that only sounds so", [](auto&, auto& o) { o.environment["TOKENIZERS_PARALLELISM"] = "1"; }, {}},
    {"a secret in the image", [](auto& i, auto&) { i.environment["CIVITAI_TOKEN"] = "x"; }, {"error secret-in-image"}},
};

}  // namespace

TEST_CASE("each lint says what goes wrong, and nothing else") {
    for (const Row& row : rows) {
        INFO(row.what);
        ImageFacts image = good_image();
        RunpodOptions options;
        row.change(image, options);
        const auto lints = lint(template_of(image, options), image);
        CHECK(names_of(lints) == row.said);
        for (const Lint& one : lints) {
            CHECK_FALSE(one.message.empty());
            CHECK_FALSE(one.hint.empty());
        }
    }
}

TEST_CASE("an image of another tool is named as one") {
    ImageFacts image;
    image.reference = "a.b/c@sha256:1";
    const auto said = names_of(lint(template_of(image), image));
    CHECK(std::find(said.begin(), said.end(), "error no-pod-spec") != said.end());
}

}  // namespace tmplbuild::runpod
