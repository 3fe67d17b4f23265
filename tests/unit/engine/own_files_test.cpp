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

TEST_CASE("a secret of the command line that the template would copy is refused with its file and layer") {
    const sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "secret-test-").value();
    const Store store = Store::open(folder.path() / "store").value();
    const fs::path key = folder.path() / "site/deep/key.pem";
    REQUIRE(sys::write_file_atomic(key, "secret"));
    REQUIRE(sys::write_file_atomic(folder.path() / "site/page", "x"));
    Template tmpl;
    Layer layer;
    layer.name = "site";
    FileItem item{.source = folder.path() / "site", .context = folder.path()};
    item.pos = {"template.toml", 7, 1};
    layer.body = FilesLayer{{FileItem{.text = "text"}, item}};
    tmpl.layers.push_back(layer);
    auto& source = std::get<FilesLayer>(tmpl.layers[0].body).items[1];
    const auto refused = [&](const fs::path& file) {
        try {
            leave_out_own_files(tmpl, store, {}, {{"--cache-key", file}, {"--secret x", folder.path() / "elsewhere"}});
        } catch (const BuildError& error) {
            REQUIRE(error.errors().size() == 1);
            CHECK(error.errors()[0].kind == ErrorKind::usage);
            CHECK(error.errors()[0].where == item.pos);
            return error.errors()[0].message;
        }
        return std::string();
    };
    const std::string message = "the layer files:site would copy the file of --cache-key: " + key.string();
    CHECK(refused(key) == message);
    CHECK(refused("") == "");
    SECTION("by another name") {
        fs::create_symlink(key, folder.path() / "link");
        CHECK(refused(folder.path() / "link") == message);
        fs::create_hard_link(key, folder.path() / "hard");
        CHECK(refused(folder.path() / "hard") == message);
    }
    SECTION("a link to it is copied as a link") {
        fs::rename(key, folder.path() / "key.pem");
        fs::create_symlink(folder.path() / "key.pem", folder.path() / "site/link");
        CHECK(refused(folder.path() / "key.pem") == "");
    }
    SECTION("what is left out is not copied") {
        source.exclude = {"*.pem"};
        CHECK(refused(key) == "");
        source.exclude.clear();
        REQUIRE(sys::write_file_atomic(folder.path() / ".tmplbuildignore", "site/deep\n"));
        CHECK(refused(key) == "");
    }
    SECTION("the source of a kernel") {
        tmpl.kernels.emplace_back();
        tmpl.kernels[0].name = "k";
        tmpl.kernels[0].recipe.source_folder = source;
        tmpl.layers.clear();
        CHECK(refused(key) == "the source of the kernel 'k' would copy the file of --cache-key: " + key.string());
    }
}
