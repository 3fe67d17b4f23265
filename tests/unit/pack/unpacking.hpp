// SPDX-License-Identifier: Apache-2.0
// Layers as a hostile tool may write them, unpacked into a folder; and what then lies there. For tests of unpacking.
#pragma once

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "io/tar_writer.hpp"
#include "pack/unpack_layer.hpp"
#include "support/catch.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::unpacking {

namespace fs = std::filesystem;
using Type = io::TarHeader::Type;

// What a hostile tool may write: LayerWriter would refuse most of it.
struct Item {
    std::string path;
    Type type = Type::file;
    std::string content_or_link{};
    std::uint32_t major = 0, minor = 0;
};

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "unpack-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    fs::path out = folder.path() / "out";
    Place() { fs::create_directory(out); }

    BuiltLayer layer(const std::vector<Item>& items) const {
        std::string tar;
        io::TarWriter writer([&](std::span<const std::byte> data) -> Result<void> {
            tar.append(reinterpret_cast<const char*>(data.data()), data.size());
            return {};
        });
        for (const Item& item : items) {
            io::TarHeader header{.path = item.path, .type = item.type};
            header.mode = item.type == Type::directory ? 0755 : 0644;
            header.mtime = 1'600'000'000;
            header.device_major = item.major;
            header.device_minor = item.minor;
            if (item.type == Type::file) header.size = item.content_or_link.size();
            if (item.type == Type::symlink || item.type == Type::hardlink) header.link = item.content_or_link;
            REQUIRE(writer.header(header));
            if (item.type == Type::file) REQUIRE(writer.data(sys::as_bytes(item.content_or_link)));
        }
        REQUIRE(writer.finish());
        return put(tar);
    }
    BuiltLayer put(const std::string& tar) const {
        const Digest digest = Sha256::of(tar);
        REQUIRE(store.put_blob(digest, tar));
        return {digest, digest, tar.size(), tar.size(), Compression::none, ""};
    }
    Result<Unpacked> unpack(const std::vector<Item>& items) const {
        REQUIRE(sys::remove_tree(out));
        fs::create_directory(out);
        return unpack_layer(store, layer(items), out);
    }
    std::string refused(const std::vector<Item>& items) const {
        auto done = unpack(items);
        return done ? "it was unpacked" : done.error().message;
    }
};

inline struct stat look(const fs::path& path) {
    struct stat facts {};
    INFO(path);
    REQUIRE(::lstat(path.c_str(), &facts) == 0);
    return facts;
}

inline bool is_opaque(const fs::path& path) {
    char value[8] = {};
    return ::lgetxattr(path.c_str(), "trusted.overlay.opaque", value, sizeof value) == 1 && value[0] == 'y';
}
inline bool is_deleted(const fs::path& path) {
    struct stat facts {};
    return ::lstat(path.c_str(), &facts) == 0 && S_ISCHR(facts.st_mode) && facts.st_rdev == 0;
}

inline bool is_root() {
    if (::geteuid() == 0) return true;
    WARN("skipped: only root may make devices and change owners");
    return false;
}

}  // namespace tmplbuild::unpacking
