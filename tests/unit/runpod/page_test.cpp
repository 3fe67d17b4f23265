// SPDX-License-Identifier: Apache-2.0
// README.md and ports.txt against the golden ones.
#include <cstdlib>

#include "image.hpp"
#include "sys/file.hpp"

namespace tmplbuild::runpod {
namespace {

void check_golden(const std::string& name, const std::string& made) {
    const std::string file = TEST_DATA "/golden/runpod/" + name;
    if (std::getenv("TMPLBUILD_ACCEPT") != nullptr) sys::write_file_atomic(file, made).value();
    CHECK(made == sys::read_file(file).value());
}

}  // namespace

TEST_CASE("the page's texts are the golden ones") {
    RunpodOptions options;
    options.volume_gb = 50;
    const ImageFacts image = good_image();
    const PodTemplate made = template_of(image, options);
    check_golden("README.md", readme_text(made, image, "ComfyUI with its kernel inside.\n"));
    check_golden("ports.txt", ports_text(made));
    check_golden("template.json", json::pretty(made.to_json()));
}

TEST_CASE("a kernel that is never compiled on the pod is not promised") {
    ImageFacts image = good_image();
    image.spec.kernels.front().install = pod::InstallMode::prebuilt;
    const std::string text = readme_text(template_of(image), image, "");
    CHECK(text.find("compiled once") == std::string::npos);
    CHECK(text.find("services run without it, slower") != std::string::npos);
}

}  // namespace tmplbuild::runpod
