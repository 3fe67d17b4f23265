// SPDX-License-Identifier: Apache-2.0
#include "console/files/kinds.hpp"

#include <algorithm>
#include <array>

#include "console/files/names.hpp"

namespace tmplbuild::console::files {

namespace {

struct KindRow {
    std::string_view extension;
    FileKind kind;
};

constexpr FileKind code{"text/plain", "code"}, text{"text/plain", "text"}, model{"application/octet-stream", "model"};
// Sorted by extension.
constexpr std::array kind_rows{
    KindRow{".7z", {"application/x-7z-compressed", "archive"}},
    KindRow{".aac", {"audio/aac", "audio"}},
    KindRow{".apng", {"image/apng", "image"}},
    KindRow{".avi", {"video/x-msvideo", "video"}},
    KindRow{".avif", {"image/avif", "image"}},
    KindRow{".bat", code},
    KindRow{".bin", model},
    KindRow{".bmp", {"image/bmp", "image"}},
    KindRow{".bz2", {"application/x-bzip2", "archive"}},
    KindRow{".c", code},
    KindRow{".cfg", text},
    KindRow{".ckpt", model},
    KindRow{".cpp", code},
    KindRow{".css", {"text/css", "code"}},
    KindRow{".csv", {"text/csv", "text"}},
    KindRow{".cu", code},
    KindRow{".flac", {"audio/flac", "audio"}},
    KindRow{".gguf", model},
    KindRow{".gif", {"image/gif", "image"}},
    KindRow{".gz", {"application/gzip", "archive"}},
    KindRow{".h", code},
    KindRow{".htm", {"text/html", "code"}},
    KindRow{".html", {"text/html", "code"}},
    KindRow{".ico", {"image/x-icon", "image"}},
    KindRow{".ini", text},
    KindRow{".ipynb", {"application/json", "code"}},
    KindRow{".jpeg", {"image/jpeg", "image"}},
    KindRow{".jpg", {"image/jpeg", "image"}},
    KindRow{".js", {"text/javascript", "code"}},
    KindRow{".json", {"application/json", "code"}},
    KindRow{".log", text},
    KindRow{".m4a", {"audio/mp4", "audio"}},
    KindRow{".m4v", {"video/mp4", "video"}},
    KindRow{".md", {"text/markdown", "text"}},
    KindRow{".mkv", {"video/x-matroska", "video"}},
    KindRow{".mov", {"video/quicktime", "video"}},
    KindRow{".mp3", {"audio/mpeg", "audio"}},
    KindRow{".mp4", {"video/mp4", "video"}},
    KindRow{".ogg", {"audio/ogg", "audio"}},
    KindRow{".ogv", {"video/ogg", "video"}},
    KindRow{".onnx", model},
    KindRow{".opus", {"audio/ogg", "audio"}},
    KindRow{".pdf", {"application/pdf", "pdf"}},
    KindRow{".png", {"image/png", "image"}},
    KindRow{".pt", model},
    KindRow{".pth", model},
    KindRow{".py", {"text/x-python", "code"}},
    KindRow{".rar", {"application/vnd.rar", "archive"}},
    KindRow{".safetensors", model},
    KindRow{".sft", model},
    KindRow{".sh", code},
    KindRow{".srt", text},
    KindRow{".svg", {"image/svg+xml", "image"}},
    KindRow{".tar", {"application/x-tar", "archive"}},
    KindRow{".tgz", {"application/gzip", "archive"}},
    KindRow{".tif", {"image/tiff", "image"}},
    KindRow{".tiff", {"image/tiff", "image"}},
    KindRow{".toml", text},
    KindRow{".ts", code},
    KindRow{".txt", text},
    KindRow{".wav", {"audio/wav", "audio"}},
    KindRow{".webm", {"video/webm", "video"}},
    KindRow{".webp", {"image/webp", "image"}},
    KindRow{".xml", {"application/xml", "code"}},
    KindRow{".xz", {"application/x-xz", "archive"}},
    KindRow{".yaml", text},
    KindRow{".yml", text},
    KindRow{".zip", {"application/zip", "archive"}},
    KindRow{".zst", {"application/zstd", "archive"}},
};
static_assert(std::is_sorted(kind_rows.begin(), kind_rows.end(),
                             [](const KindRow& a, const KindRow& b) { return a.extension < b.extension; }));

}  // namespace

FileKind kind_of(std::string_view name) {
    const std::string extension = extension_of(name);
    const auto* found =
        std::lower_bound(kind_rows.begin(), kind_rows.end(), extension,
                         [](const KindRow& row, const std::string& wanted) { return row.extension < wanted; });
    if (found != kind_rows.end() && found->extension == extension) return found->kind;
    return {"application/octet-stream", "file"};
}

std::string inline_type(const FileKind& kind) {
    if (kind.category == "text" || kind.category == "code") return "text/plain; charset=utf-8";
    // SVG is a document that may hold script.
    if (kind.mime_type == "image/svg+xml") return {};
    if (kind.category == "image" || kind.category == "video" || kind.category == "audio" || kind.category == "pdf")
        return std::string(kind.mime_type);
    return {};
}

}  // namespace tmplbuild::console::files
