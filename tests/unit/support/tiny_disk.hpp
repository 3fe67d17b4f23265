// SPDX-License-Identifier: Apache-2.0
// A disk that is really full: a tmpfs of some size in a mount namespace of one thread, gone when the thread ends. It
// needs the right to mount; a test on a machine without it says so and ends.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

class TinyDisk {
  public:
    // Calls `test` with a disk on which nothing is yet.
    static void with(const std::function<void(const TinyDisk&)>& test) {
        bool made = false;
        std::exception_ptr thrown;
        const sys::TempDirectory folder =
            sys::TempDirectory::make(std::filesystem::temp_directory_path(), "tiny-disk-").value();
        std::thread([&] {
            TinyDisk disk(folder.path());
            made = disk.mount();
            if (!made) return;
            try {
                test(disk);
            } catch (...) {
                thrown = std::current_exception();
            }
            // Before the folder is removed, which only this thread sees as a disk.
            ::umount2(folder.path().c_str(), MNT_DETACH);
        }).join();
        if (thrown) std::rethrow_exception(thrown);
        if (!made) WARN("this test cannot mount a disk of its own here, and has tested nothing");
    }

    const std::filesystem::path& path() const { return path_; }
    void resize(std::uint64_t bytes) const {
        REQUIRE(::mount("none", path_.c_str(), "tmpfs", MS_REMOUNT, ("size=" + std::to_string(bytes)).c_str()) == 0);
    }
    // From now on it takes about that much more.
    void leave(std::uint64_t bytes) const {
        struct statvfs facts {};
        REQUIRE(::statvfs(path_.c_str(), &facts) == 0);
        resize((facts.f_blocks - facts.f_bfree) * facts.f_frsize + bytes);
    }

  private:
    explicit TinyDisk(std::filesystem::path path) : path_(std::move(path)) {}
    bool mount() const {
        return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("none", path_.c_str(), "tmpfs", 0, "size=1g") == 0;
    }
    std::filesystem::path path_;
};

}  // namespace tmplbuild
