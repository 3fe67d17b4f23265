// SPDX-License-Identifier: Apache-2.0
#include "engine/python/unpack.hpp"

#include <fcntl.h>

#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static Result<sys::Fd> create(const fs::path& file, bool executable) {
    return sys::open_fd(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, executable ? 0755 : 0644);
}

Result<void> unpack_wheel(const Wheel& wheel, const fs::path& root,
                          const std::function<bool(const WheelFile&)>& wanted) {
    auto zip = io::ZipReader::open(wheel.archive);
    if (!zip) return zip.error();
    fs::path last;
    for (const WheelFile& file : wheel.files) {
        if (file.left_out || !wanted(file)) continue;
        const fs::path path = root / file.path;
        if (path.parent_path() != last) {
            last = path.parent_path();
            if (auto made = sys::make_directories(last); !made) return made;
        }
        auto fd = create(path, file.executable);
        if (!fd) return fd.error();
        auto written = read_wheel_file(wheel, file, *zip,
                                       [&](auto data) { return sys::write_all(fd->get(), data, path.string()); });
        if (!written) return written;
    }
    return {};
}

Result<void> unpack_skeleton(const std::vector<VenvFile>& skeleton, const fs::path& root) {
    for (const VenvFile& file : skeleton) {
        const fs::path path = root / file.entry.path;
        const bool folder = file.entry.type == EntryType::directory;
        if (auto made = sys::make_directories(folder ? path : path.parent_path()); !made) return made;
        if (file.entry.type == EntryType::symlink) {
            std::error_code failed;
            fs::create_symlink(file.entry.link, path, failed);
            if (failed) return os_error("link", path, failed.value());
        } else if (!folder) {
            auto fd = create(path, false);
            if (!fd) return fd.error();
            if (auto written = sys::write_all(fd->get(), sys::as_bytes(file.text), path); !written) return written;
        }
    }
    return {};
}

}  // namespace tmplbuild
