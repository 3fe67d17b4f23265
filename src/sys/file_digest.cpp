// SPDX-License-Identifier: Apache-2.0
#include "sys/file_digest.hpp"

#include <fcntl.h>

#include <vector>

#include "sys/fd.hpp"

namespace tmplbuild::sys {

Result<Digest> hash_file(const std::filesystem::path& file) {
    auto fd = open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    return hash_open_file(fd->get(), file.string());
}

Result<Digest> hash_open_file(int fd, const std::string& name) {
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    std::vector<std::byte> buffer(256 << 10);
    Sha256 hasher;
    for (;;) {
        auto n = read_full(fd, buffer, name);
        if (!n) return n.error();
        hasher.update(std::span<const std::byte>(buffer).first(*n));
        if (*n < buffer.size()) return hasher.finish();
    }
}

}  // namespace tmplbuild::sys
