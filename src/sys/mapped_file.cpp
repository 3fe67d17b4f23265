// SPDX-License-Identifier: Apache-2.0
#include "sys/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "sys/fd.hpp"

namespace tmplbuild::sys {

Result<MappedFile> MappedFile::open(const std::filesystem::path& file) {
    auto fd = open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    struct stat facts {};
    if (::fstat(fd->get(), &facts) != 0) return os_error("look at", file, errno);
    const auto size = static_cast<std::size_t>(facts.st_size);
    if (size == 0) return MappedFile(nullptr, 0);  // mmap(2) refuses a length of 0
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd->get(), 0);
    if (data == MAP_FAILED) return os_error("map", file, errno);
    return MappedFile(static_cast<const std::byte*>(data), size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

MappedFile::~MappedFile() {
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace tmplbuild::sys
