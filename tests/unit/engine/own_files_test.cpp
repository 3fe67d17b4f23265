// SPDX-License-Identifier: Apache-2.0
#include "engine/own_files.hpp"

#include <algorithm>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

TEST_CASE("a template's own lock, store and outputs are left out of what it copies, those of earlier builds too") {
    const sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "own-test-").value();
    const Store store = Store::open(folder.path() / "store").value();
    const auto own_of = [&](const std::string& file, const std::vector<fs::path>& written) {
        Template tmpl;
        tmpl.file = folder.path() / file;
        tmpl.name = "t";
        Layer layer;
        layer.body = FilesLayer{{FileItem{.source = folder.path() / "a"}, FileItem{.source = folder.path() / "b"}}};
        tmpl.layers.push_back(layer);
        tmpl.kernels.emplace_back();
        leave_out_own_files(tmpl, store, written);
        const auto& items = std::get<FilesLayer>(tmpl.layers[0].body).items;
        CHECK(items[0].own == items[1].own);
        CHECK(items[0].own == tmpl.kernels[0].recipe.source_folder.own);
        return items[0].own;
    };
    const auto holds = [](const std::vector<fs::path>& own, const fs::path& path) {
        return std::find(own.begin(), own.end(), path) != own.end();
    };
    const fs::path image = folder.path() / "image.tar";
    const auto first = own_of("t.toml", {image, folder.path() / "sub/../layout/"});
    for (const fs::path& path : {image, folder.path() / "layout", folder.path() / "t.lock", store.root(),
                                 fs::current_path() / "out/t", fs::current_path() / "out/workspace"})
        CHECK(holds(first, path));
    REQUIRE(sys::write_file_atomic(image, "x"));
    // A build that wrote nothing leaves what it was asked to write to as it was: the user's own.
    CHECK_FALSE(holds(own_of("t.toml", {}), image));
    remember_outputs(folder.path() / "t.toml", store, {image});
    // `plan` is told of no output.
    CHECK(holds(own_of("t.toml", {}), image));
    CHECK_FALSE(holds(own_of("other.toml", {}), image));
    CHECK(holds(own_of("t.toml", {folder.path() / "second"}), image));
    // What is not there any more is forgotten: the name may be somebody's else next time.
    CHECK_FALSE(holds(own_of("t.toml", {}), folder.path() / "second"));
}
