// SPDX-License-Identifier: Apache-2.0
#include "engine/python/hidden_distributions.hpp"

#include <filesystem>
#include <fstream>

#include "engine/step_lock.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

static void write(const fs::path& file, const std::string& text = "x") {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

TEST_CASE("a distribution that a compile must not see is taken away whole, and nothing else") {
    auto work = sys::TempDirectory::make(fs::temp_directory_path(), "hidden").value();
    const fs::path root = work.path() / "root", packages = root / "opt/venv/lib/python3.11/site-packages";
    write(work.path() / "outside");
    write(packages / "einops/__init__.py");
    write(packages / "shared/data");
    write(packages / "numpy/core.h");
    write(root / "opt/venv/bin/einops");
    write(packages / "Ein_Ops-1.0.dist-info/RECORD",
          "einops/__init__.py,,\r\n../../../bin/einops,,\r\nshared/data,,\r\n../../../../../../outside,,\r\n");
    write(packages / "Ein_Ops-1.0.dist-info/METADATA");
    write(packages / "numpy-2.0.dist-info/RECORD", "numpy/core.h,,\r\nshared/data,,\r\n");
    REQUIRE(hide_distributions(root, "opt/venv/lib/python3.11/site-packages", {"ein-ops"}));
    for (const char* gone : {"einops/__init__.py", "Ein_Ops-1.0.dist-info", "../../../bin/einops"})
        CHECK_FALSE(fs::exists(packages / gone));
    for (const char* there : {"numpy/core.h", "numpy-2.0.dist-info/RECORD", "shared/data"})
        CHECK(fs::exists(packages / there));
    CHECK(fs::exists(work.path() / "outside"));
}

TEST_CASE("a step is made by one builder at a time, and one that ends lets go") {
    auto work = sys::TempDirectory::make(fs::temp_directory_path(), "lock").value();
    const Store store = Store::open(work.path() / "store").value();
    const Digest key = Sha256::of("key");
    std::optional<StepLock> first(StepLock::acquire(store, key, {}, [] { FAIL("nobody holds it"); }).value());
    CHECK(StepLock::acquire(store, Sha256::of("another"), {}, [] { FAIL("another key"); }));
    int waited = 0;
    // It is let go while the second one waits.
    CHECK(StepLock::acquire(store, key, {}, [&] {
        ++waited;
        first.reset();
    }));
    CHECK(waited == 1);
    first.emplace(StepLock::acquire(store, key, {}, [] {}).value());
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = StepLock::acquire(store, key, stop.get_token(), [] {});
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == ErrorKind::interrupted);
}
