// SPDX-License-Identifier: Apache-2.0
// Files that Pillow and FFmpeg wrote as ComfyUI has them write (tests/fuzz/corpus/carried), whole and cut at each byte.
#include "catalogue/carried.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catalogue/workflow.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;

namespace tmplbuild::catalogue {
namespace {

std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("the workflow is found in every kind of file") {
    int files = 0;
    for (const auto& file : fs::directory_iterator(fs::path(TEST_DATA) / "fuzz/corpus/carried")) {
        INFO(file.path().filename().string());
        const Carried carried = carried_in(bytes_of(file));
        if (file.path().filename().string().starts_with("finding-")) continue;  // of the fuzzer: not to fall over
        ++files;
        REQUIRE_FALSE(carried.workflow.empty());
        REQUIRE_FALSE(carried.prompt.empty());
        for (const std::string& text : {carried.workflow, carried.prompt}) {
            const auto needs = read_workflow(text, "it");
            REQUIRE(needs);
            REQUIRE(needs->models.size() == 1);
            CHECK(needs->models[0].name == "wan_2.1_vae.safetensors");
            CHECK(needs->models[0].directory == "vae");
        }
    }
    CHECK(files >= 12);
}

TEST_CASE("a file that ends early gives nothing or what came before") {
    for (const auto& file : fs::directory_iterator(fs::path(TEST_DATA) / "fuzz/corpus/carried")) {
        INFO(file.path().filename().string());
        const std::string bytes = bytes_of(file);
        const Carried whole = carried_in(bytes);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const std::string begin =
                bytes.substr(0, size);  // a copy, so that a read behind it is one behind the heap's
            const Carried carried = carried_in(begin);
            if (!carried.workflow.empty() && carried.workflow != whole.workflow)
                CHECK(whole.workflow.starts_with(carried.workflow));
        }
    }
}

TEST_CASE("what is no ComfyUI file carries nothing") {
    for (const std::string& bytes :
         {std::string(), std::string("\x89PNG\r\n\x1a\n"), std::string("GIF89a"),
          std::string("RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\xffII*\0\xff\xff\xff\xff", 28),
          std::string("\0\0\0\x08"
                      "ftyp\0\0\0\0moov",
                      16),
          std::string("\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff", 12),
          std::string("fLaC\x84\xff\xff\xff\xff\xff\xff\xff", 12)})
        CHECK(carried_in(bytes).empty());
}

TEST_CASE("a packed text that grows without end is not taken") {
    // zTXt of 40 MB of blanks behind a brace, made by zlib: 40 kB.
    std::string text = "{" + std::string(40 << 20, ' ') + "}";
    Carried out;
    keep_carried(out, "workflow", text);
    CHECK(out.empty());
}

}  // namespace tmplbuild::catalogue
