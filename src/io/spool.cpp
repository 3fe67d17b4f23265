// SPDX-License-Identifier: Apache-2.0
#include "io/spool.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "sys/file.hpp"

namespace tmplbuild::io {

static constexpr std::size_t memory_limit = 8 << 20;  // bytes

void Spool::clear() {
    memory_.clear();
    fd_.reset();
    size_ = 0;
}

Result<void> Spool::add(std::span<const std::byte> bytes) {
    size_ += bytes.size();
    if (!fd_ && memory_.size() + bytes.size() <= memory_limit) {
        memory_.insert(memory_.end(), bytes.begin(), bytes.end());
        return {};
    }
    if (!fd_) {
        const std::filesystem::path name = folder_ / ("spool-" + sys::unique_suffix());
        auto opened = sys::open_fd(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (!opened) return opened.error();
        ::unlink(name.c_str());
        fd_ = std::move(*opened);
        if (auto written = sys::write_all(fd_.get(), memory_, folder_); !written) return written;
        memory_.clear();
    }
    return sys::write_all(fd_.get(), bytes, folder_);
}

Result<void> Spool::whole(const std::function<void(std::span<const std::byte>)>& read) const {
    if (!fd_) {
        read(memory_);
        return {};
    }
    void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
    if (at == MAP_FAILED) return os_error("map a file of", folder_, errno);
    read({static_cast<const std::byte*>(at), size_});
    ::munmap(at, size_);
    return {};
}

}  // namespace tmplbuild::io
