// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/kept_compile.hpp"

#include <filesystem>

#include "engine/sequential_progress.hpp"
#include "io/process.hpp"
#include "support/catch.hpp"
#include "support/fake_http.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

TEST_CASE("a compile whose proof failed is kept for one more try, while it is as it was kept") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "kept-compile-test-").value();
    const Store store = Store::open(folder.path() / "store").value();
    io::SystemProcessRunner processes;
    FakeHttp http;
    SilentProgress progress;
    const StepContext context{.step = "kernel",
                              .key = Sha256::of("key"),
                              .store = store,
                              .processes = processes,
                              .http = http,
                              .progress = progress,
                              .stop = {},
                              .contract = {}};
    const KeptCompile kept(context);
    const fs::path output = folder.path() / "output";
    const auto compile = [&](const std::string& content) {
        REQUIRE(sys::write_file_atomic(output / "module.so", content));
    };
    CHECK_FALSE(kept.take(output));
    compile("first");
    kept.keep(output, "its log");
    CHECK_FALSE(fs::exists(output));
    fs::create_directories(output);
    CHECK(kept.take(output) == "its log");
    CHECK(sys::read_file(output / "module.so").value() == "first");
    CHECK_FALSE(kept.take(output));

    compile("second");
    kept.keep(output, "another log");
    fs::permissions(store.root() / "trees" / ("compiled-" + context.key.hex()) / "output/module.so", fs::perms(0600));
    CHECK_FALSE(kept.take(output));
    // What differs is in nobody's way.
    compile("third");
    kept.keep(output, "the last log");
    CHECK(kept.take(output) == "the last log");
    CHECK(sys::read_file(output / "module.so").value() == "third");
}
