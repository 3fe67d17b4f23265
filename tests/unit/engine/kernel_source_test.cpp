// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/kernel_source.hpp"

#include <cstdlib>

#include "resolve/file_digest.hpp"
#include "support/catch.hpp"
#include "support/fake_http.hpp"
#include "sys/file.hpp"
#include "sys/file_digest.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "kernel-source-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    io::SystemProcessRunner processes;
    FakeHttp http;
    SilentProgress progress;
    KernelRecipe recipe;
    std::vector<Digest> patches;
    std::vector<LockedDistribution> sdist;
    int laid = 0;

    Place() {
        recipe.directory = folder.path() / "recipe";
        write("src/a.cu", "one\ntwo\n");
        write("src/build.sh", "make\n");
        fs::permissions(recipe.directory / "src/build.sh", fs::perms(0755));
    }
    void write(const std::string& file, const std::string& text) const {
        REQUIRE(sys::write_file_atomic(recipe.directory / file, text));
    }
    // Where it was laid.
    Result<fs::path> lay(const Digest& source) {
        const std::string name = "kernel";
        StepContext context{.step = "kernel",
                            .store = store,
                            .processes = processes,
                            .http = http,
                            .progress = progress,
                            .stop = {},
                            .contract = {}};
        const fs::path to = folder.path() / ("laid" + std::to_string(laid++));
        fs::create_directories(to);
        auto done = lay_kernel_source({name, recipe, source, patches, sdist}, to, context);
        if (!done) return done.error();
        return to;
    }
    static std::string text(const fs::path& file) { return sys::read_file(file).value(); }
};

}  // namespace

TEST_CASE("a kernel's source folder is laid out as the digest saw it, beneath the recipe alone") {
    Place place;
    fs::create_symlink("src", place.recipe.directory / "newest");
    fs::create_symlink("a.cu", place.recipe.directory / "src/link.cu");
    place.write("src/a.o", "object");
    place.recipe.source_folder = {
        .source = place.recipe.directory / "newest", .exclude = {"*.o"}, .context = place.recipe.directory};
    const Digest source = digest_files(std::vector{place.recipe.source_folder}).value();
    const fs::path to = place.lay(source).value();
    CHECK(Place::text(to / "a.cu") == "one\ntwo\n");
    CHECK(fs::read_symlink(to / "link.cu") == "a.cu");
    CHECK((fs::status(to / "build.sh").permissions() & fs::perms::owner_exec) != fs::perms::none);
    CHECK_FALSE(fs::exists(to / "a.o"));
    place.write("src/a.cu", "changed");
    CHECK_FALSE(place.lay(source));

    REQUIRE(sys::write_file_atomic(place.folder.path() / "outside/secret", "x"));
    fs::create_symlink("../outside", place.recipe.directory / "out");
    place.recipe.source_folder.source = place.recipe.directory / "out";
    CHECK_FALSE(place.lay(source));
    fs::create_symlink("../outside/secret", place.recipe.directory / "fix.patch");
    CHECK_FALSE(read_recipe_file(place.recipe, place.recipe.directory / "fix.patch"));
    CHECK(read_recipe_file(place.recipe, place.recipe.directory / "newest/build.sh").value() == "make\n");
}

TEST_CASE("a kernel's source may be an archive, with patches, whatever git the build is called from") {
    Place place;
    place.processes
        .run_checked({.argv = {"tar", "-czf", place.folder.path() / "a.tgz", "--transform", "s,^src,p-1.0,", "src"},
                      .directory = place.recipe.directory},
                     {}, "tar")
        .value();
    const Digest archive = sys::hash_file(place.folder.path() / "a.tgz").value();
    REQUIRE(place.store.adopt_hashed(place.folder.path() / "a.tgz", archive));
    place.recipe.archive_url = "https://example.org/a.tgz";
    place.recipe.archive_sha256 = archive.hex();
    place.recipe.archive_strip = 1;
    const std::string patch = "--- a/a.cu\n+++ b/a.cu\n@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n";
    place.write("fix.patch", patch);
    place.recipe.patches = {place.recipe.directory / "fix.patch"};
    place.patches = {Sha256::of(patch)};
    ::setenv("GIT_DIR", "/nonexistent", 1);
    ::setenv("GIT_WORK_TREE", "/tmp", 1);
    const auto to = place.lay(Digest());
    ::unsetenv("GIT_DIR");
    ::unsetenv("GIT_WORK_TREE");
    REQUIRE(to);
    CHECK(Place::text(*to / "a.cu") == "ONE\ntwo\n");
    CHECK((fs::status(*to / "build.sh").permissions() & fs::perms::owner_exec) != fs::perms::none);

    // The same file, as the sdist that a lock names.
    place.recipe.archive_url.clear();
    place.recipe.archive_strip = 0;
    place.sdist = {{"p", "1.0", "p-1.0.tar.gz", archive, 1}};
    CHECK(Place::text(place.lay(Digest()).value() / "a.cu") == "ONE\ntwo\n");
}
