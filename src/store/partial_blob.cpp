// SPDX-License-Identifier: Apache-2.0
#include "store/partial_blob.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "sys/file.hpp"
#include "sys/locked_file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::hours kept_for{168};

fs::path folder_of(const Store& store) { return store.root() / "pulls"; }

}  // namespace

Result<PartialBlob> PartialBlob::open(const Store& store, const Digest& digest, std::uint64_t size) {
    if (auto made = sys::make_directories(folder_of(store)); !made) return made.error();
    const fs::path file = folder_of(store) / digest.hex();
    auto locked = sys::open_locked(file);
    if (!locked) return locked.error();
    if (!*locked) {
        auto own = store.new_temp_file();
        if (!own) return own.error();
        auto fd = sys::open_fd(*own, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (!fd) return fd.error();
        return PartialBlob(digest, std::move(*own), std::move(*fd), false);
    }
    PartialBlob out(digest, file, std::move(**locked), true);
    struct stat facts {};
    if (::fstat(out.fd_.get(), &facts) != 0) return os_error("look at", file, errno);
    out.held_ = static_cast<std::uint64_t>(facts.st_size);
    if (out.held_ > size)
        if (auto emptied = out.start_over(); !emptied) return emptied.error();
    if (::lseek(out.fd_.get(), 0, SEEK_END) < 0) return os_error("go to the end of", file, errno);
    return out;
}

PartialBlob::PartialBlob(PartialBlob&& other) noexcept
    : digest_(other.digest_),
      file_(std::move(other.file_)),
      fd_(std::move(other.fd_)),
      stays_(other.stays_),
      held_(other.held_) {}

PartialBlob::~PartialBlob() {
    if (!fd_) return;
    struct stat facts {};
    const bool is_empty = ::fstat(fd_.get(), &facts) == 0 && facts.st_size == 0;
    if (!stays_ || is_empty) ::unlink(file_.c_str());  // while it is locked
}

Result<std::size_t> PartialBlob::read(std::uint64_t at, std::span<std::byte> into) const {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), held_ - at));
    for (;;) {
        const ssize_t got = ::pread(fd_.get(), into.data(), wanted, static_cast<off_t>(at));
        if (got > 0 || (got == 0 && wanted == 0)) return static_cast<std::size_t>(got);
        if (got == 0) return build_error(file_.string() + " became shorter while it was read");
        if (errno != EINTR) return os_error("read", file_, errno);
    }
}

Result<void> PartialBlob::append(std::span<const std::byte> data) { return sys::write_all(fd_.get(), data, file_); }

Result<void> PartialBlob::start_over() {
    held_ = 0;
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0) return os_error("empty", file_, errno);
    return {};
}

Result<void> PartialBlob::adopt(const Store& store) {
    if (auto adopted = store.adopt_hashed(file_, digest_); !adopted) return adopted;
    fd_.reset();  // its name is the store's now
    return {};
}

void PartialBlob::sweep(const Store& store) {
    std::error_code failed;
    for (fs::directory_iterator at(folder_of(store), failed), end; !failed && at != end; at.increment(failed)) {
        const auto written = fs::last_write_time(at->path(), failed);
        if (failed || fs::file_time_type::clock::now() - written <= kept_for) continue;
        const auto held = sys::open_locked(at->path());
        if (held && *held) ::unlink(at->path().c_str());
    }
}

}  // namespace tmplbuild
