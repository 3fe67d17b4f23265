// SPDX-License-Identifier: Apache-2.0
// How a deletion is written: in a layer (OCI image-spec 1.1, layer.md, "Whiteouts") and on an overlay's disk (the
// kernel's Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories"). Used to pack and to unpack
// layers.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace tmplbuild {

inline constexpr std::string_view whiteout_prefix = ".wh.";          // .wh.NAME: NAME of the layers below is gone
inline constexpr std::string_view opaque_whiteout = ".wh..wh..opq";  // all that the layers below have in this folder
inline constexpr std::string_view aufs_prefix = ".wh..wh.";  // AUFS's own: .wh..wh.plnk, .wh..wh.aufs, .wh..wh.orph

inline std::string whiteout_path(const std::string& path) {
    const std::size_t name = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
    return path.substr(0, name) + std::string(whiteout_prefix) + path.substr(name);
}
inline std::string opaque_path(const std::string& folder) { return folder + "/" + std::string(opaque_whiteout); }

inline constexpr const char* overlay_opaque = "trusted.overlay.opaque";      // "y" on a folder
inline constexpr const char* overlay_redirect = "trusted.overlay.redirect";  // the content lies elsewhere
inline constexpr const char* overlay_metacopy = "trusted.overlay.metacopy";
inline bool is_overlay_whiteout(const struct stat& facts) { return S_ISCHR(facts.st_mode) && facts.st_rdev == 0; }

}  // namespace tmplbuild
