// SPDX-License-Identifier: Apache-2.0
#include "sys/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "sys/file.hpp"
#include "sys/write_target.hpp"

namespace tmplbuild::sys {

AtomicFile::AtomicFile(fs::path file, fs::path temporary, Fd fd)
    : file_(std::move(file)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}

AtomicFile::~AtomicFile() {
    if (fd_ && !temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::create(const fs::path& named, const std::function<Result<void>()>& waiting) {
    auto target = write_target(named);
    if (!target) return target.error();
    const fs::path& file = target->path;
    if (target->kind == WriteTarget::Kind::stream) {
        auto stream = open_stream(file, waiting);
        if (!stream) return stream.error();
        return AtomicFile(file, {}, std::move(*stream));
    }
    const fs::path folder = file.parent_path();
    if (auto made = make_directories(folder); !made) return made.error();
    fs::path temporary = folder / ("." + file.filename().string() + ".tmp-" + unique_suffix());
    auto fd = open_fd(temporary, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (!fd) return fd.error();
    return AtomicFile(file, std::move(temporary), std::move(*fd));
}

Result<void> AtomicFile::write(std::span<const std::byte> data) { return write_all(fd_.get(), data, file_); }

Result<void> AtomicFile::commit() {
    if (temporary_.empty()) {
        const int fd = fd_.release();
        if (::close(fd) != 0) return os_error("write", file_, errno);
        return {};
    }
    // open(2) applied the umask; this sets the mode that was asked for.
    if (::fchmod(fd_.get(), 0644) != 0) return os_error("set the mode of", temporary_, errno);
    if (auto synced = sync_fd(fd_.get(), file_); !synced) return synced;
    if (::rename(temporary_.c_str(), file_.c_str()) != 0) return os_error("rename a new file to", file_, errno);
    fd_.reset();
    return sync_directory(file_.parent_path());
}

}  // namespace tmplbuild::sys
