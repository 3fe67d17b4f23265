// SPDX-License-Identifier: Apache-2.0
#include "engine/program_digest.hpp"

#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

TEST_CASE("a program's digest is remembered until the file changes") {
    const auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "program-digest-").value();
    const Store store = Store::open(folder.path() / "store").value();
    const fs::path program = folder.path() / "program", memory = store.root() / "index" / "programs-1";
    std::ofstream(program) << "one";
    CHECK(digest_program(program, store).value() == Sha256::of("one"));
    CHECK(!fs::exists(memory));  // too young

    std::this_thread::sleep_for(std::chrono::milliseconds(3100));
    CHECK(digest_program(program, store).value() == Sha256::of("one"));
    REQUIRE(fs::exists(memory));
    // What was remembered is what is told: a wrong word in the memory shows it.
    for (const auto& entry : fs::recursive_directory_iterator(memory))
        if (entry.is_regular_file()) {
            fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
            std::ofstream(entry.path()) << "{\"digest\":\"" << Sha256::of("other").to_string() << "\"}";
        }
    CHECK(digest_program(program, store).value() == Sha256::of("other"));

    // Same size, same time of modification: the change itself has a time that nobody can set.
    const auto time = fs::last_write_time(program);
    std::ofstream(program) << "two";
    fs::last_write_time(program, time);
    CHECK(digest_program(program, store).value() == Sha256::of("two"));
    CHECK_FALSE(digest_program(folder.path() / "absent", store));
}
