// SPDX-License-Identifier: Apache-2.0
// What is written by rename: files appear whole, links stay, pipes and devices are written through and stay too.
#include "sys/write_target.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "support/catch.hpp"
#include "sys/atomic_file.hpp"
#include "sys/file.hpp"

namespace fs = std::filesystem;
using namespace tmplbuild;

namespace {

struct Folder {
    sys::TempDirectory work = sys::TempDirectory::make(fs::temp_directory_path(), "target-").value();
    fs::path at(const char* name) const { return work.path() / name; }
    std::size_t size() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(work.path()), fs::directory_iterator()));
    }
};

Result<void> write_large(const fs::path& file, const std::string& text) {
    auto out = sys::AtomicFile::create(file);
    if (!out) return out.error();
    if (auto written = out->write(sys::as_bytes(text)); !written) return written;
    return out->commit();
}

}  // namespace

TEST_CASE("a pipe is written through and stays a pipe") {
    for (const bool large : {false, true}) {
        const Folder folder;
        const fs::path pipe = folder.at("pipe");
        REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
        std::string got;
        std::thread reader([&] {
            const sys::Fd fd = sys::open_fd(pipe, O_RDONLY).value();
            got.resize(100);
            got.resize(sys::read_full(fd.get(), std::as_writable_bytes(std::span(got)), pipe).value());
        });
        const auto written = large ? write_large(pipe, "through") : sys::write_named_file(pipe, "through");
        reader.join();
        CHECK(written);
        CHECK(got == "through");
        CHECK(fs::is_fifo(pipe));
        CHECK(folder.size() == 1);
    }
}

TEST_CASE("waiting for a pipe's reader can be stopped") {
    const Folder folder;
    REQUIRE(::mkfifo(folder.at("pipe").c_str(), 0600) == 0);
    int asked = 0;
    auto opened = sys::open_stream(folder.at("pipe"), [&]() -> Result<void> {
        if (++asked < 3) return {};
        return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
    });
    CHECK(opened.error().kind == ErrorKind::interrupted);
    CHECK(fs::is_fifo(folder.at("pipe")));
}

TEST_CASE("a character device is written through: what it says is an error of the write") {
    const Folder folder;
    fs::create_symlink("/dev/full", folder.at("full"));
    for (const fs::path& file : {folder.at("full"), fs::path("/dev/full")}) {
        CHECK(sys::write_named_file(file, "x").error().message.find("No space left") != std::string::npos);
        CHECK_FALSE(write_large(file, "x"));
        CHECK(sys::write_named_file("/dev/null", "x"));
    }
    CHECK(fs::is_character_file("/dev/full"));
    CHECK(fs::is_character_file("/dev/null"));
    CHECK(fs::is_symlink(folder.at("full")));
}

TEST_CASE("the file behind a link is replaced, and the link stays") {
    const Folder folder;
    fs::create_directory(folder.at("elsewhere"));
    REQUIRE(sys::write_file_atomic(folder.at("elsewhere/file"), "old"));
    fs::create_symlink("elsewhere/file", folder.at("link"));
    fs::create_symlink("link", folder.at("second"));
    fs::create_symlink("elsewhere/none yet", folder.at("dangling"));
    REQUIRE(sys::write_named_file(folder.at("second"), "new"));
    REQUIRE(write_large(folder.at("dangling"), "made"));
    CHECK(sys::read_file(folder.at("elsewhere/file")).value() == "new");
    CHECK(sys::read_file(folder.at("elsewhere/none yet")).value() == "made");
    for (const char* name : {"link", "second", "dangling"}) CHECK(fs::is_symlink(folder.at(name)));
}

TEST_CASE("a folder is refused before anything is written") {
    const Folder folder;
    fs::create_directory(folder.at("folder"));
    CHECK(sys::write_target(folder.at("folder")).error().kind == ErrorKind::usage);
    CHECK_FALSE(sys::write_named_file(folder.at("folder"), "x"));
    CHECK(folder.size() == 1);
}

TEST_CASE("builds that lock one folder come one after the other") {
    const Folder folder;
    std::atomic<int> inside = 0, largest = 0;  // atomic: that the lock keeps the threads apart is what is tested
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            const auto lock = sys::FileLock::acquire_folder(folder.work.path());
            const int now = ++inside;
            for (int before = largest; before < now && !largest.compare_exchange_weak(before, now);) continue;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            --inside;
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(largest == 1);
    CHECK(folder.size() == 0);
}
