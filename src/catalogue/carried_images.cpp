// SPDX-License-Identifier: Apache-2.0
// PNG (W3C PNG third edition, 11.3.3), WebP (RFC 9649), JPEG's APP1 and TIFF's directories (Exif 2.32). ComfyUI writes
// PNG texts "workflow" and "prompt" (nodes.py), and for WebP the tags Make and Model with "workflow:…" and "prompt:…"
// (comfy_extras/nodes_images.py).
#include <zlib.h>

#include <optional>

#include "catalogue/byte_reader.hpp"
#include "catalogue/carried.hpp"

namespace tmplbuild::catalogue::carried {
namespace {

std::optional<std::string> inflated(std::string_view packed) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) return std::nullopt;
    std::string out;
    std::string piece(64 << 10, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), UINT32_MAX));
    int code = Z_OK;
    while (code == Z_OK && out.size() <= max_carried_bytes) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        code = inflate(&stream, Z_NO_FLUSH);
        out.append(piece.data(), piece.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (code != Z_STREAM_END || out.size() > max_carried_bytes) return std::nullopt;
    return out;
}

// Latin-1, which PNG's older texts are.
std::string from_latin_1(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += static_cast<char>(0xc0 | byte >> 6);
            out += static_cast<char>(0x80 | (byte & 0x3f));
        }
    }
    return out;
}

// The text up to the next NUL, which is removed with it; none where there is no NUL.
std::optional<std::string_view> taken_to_nul(std::string_view& data) {
    const std::size_t end = data.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = data.substr(0, end);
    data.remove_prefix(end + 1);
    return text;
}

void read_png_text(std::string_view type, std::string_view data, Carried& out) {
    const auto key = taken_to_nul(data);
    if (!key || !wants_carried(out, *key)) return;
    if (type == "tEXt") return keep_carried(out, *key, from_latin_1(data));
    if (type == "zTXt") {
        if (data.empty() || data[0] != '\0') return;  // the one compression that there is
        if (const auto text = inflated(data.substr(1))) keep_carried(out, *key, from_latin_1(*text));
        return;
    }
    if (data.size() < 2) return;
    const bool packed = data[0] == '\1';
    data.remove_prefix(2);
    if (!taken_to_nul(data) || !taken_to_nul(data)) return;  // the language, and the key in it
    if (!packed) return keep_carried(out, *key, data);
    if (const auto text = inflated(data)) keep_carried(out, *key, *text);
}

// A directory of TIFF: its texts are "KEY:TEXT".
class Tiff {
  public:
    Tiff(std::string_view bytes, Carried& out) : bytes_(bytes), out_(out), little_(bytes.starts_with("II")) {}

    void run() {
        if (bytes_.substr(0, 2) != "II" && bytes_.substr(0, 2) != "MM") return;
        if (number(2, 2) == 42) directory(number(4, 4), true);
    }

  private:
    std::uint64_t number(std::uint64_t at, std::size_t size) const {
        if (at > bytes_.size()) return 0;
        const auto place = static_cast<std::size_t>(at);
        return little_ ? little_endian(bytes_, place, size) : big_endian(bytes_, place, size);
    }

    void directory(std::uint64_t at, bool outer) {
        const std::uint64_t count = number(at, 2);
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::uint64_t entry = at + 2 + i * 12;
            if (entry + 12 > bytes_.size()) return;
            const std::uint64_t tag = number(entry, 2), type = number(entry + 2, 2), size = number(entry + 4, 4);
            const std::uint64_t place = size <= 4 ? entry + 8 : number(entry + 8, 4);
            if (tag == 0x8769 && outer) directory(number(entry + 8, 4), false);  // Exif's own directory
            if (type == 2) keep_text(part_of(bytes_, place, size));
            if (tag == 0x9286) keep_comment(part_of(bytes_, place, size));
        }
    }

    void keep_text(std::string_view text) {
        const std::size_t colon = text.substr(0, 20).find(':');
        if (colon != std::string_view::npos) keep_carried(out_, text.substr(0, colon), text.substr(colon + 1));
    }

    void keep_comment(std::string_view text) {
        if (text.starts_with(std::string_view("ASCII\0\0\0", 8))) keep_carried(out_, "usercomment", text.substr(8));
    }

    std::string_view bytes_;
    Carried& out_;
    bool little_;
};

}  // namespace

void from_png(std::string_view bytes, Carried& out) {
    for (std::uint64_t at = 8; at + 12 <= bytes.size();) {
        const std::uint64_t size = big_endian(bytes, static_cast<std::size_t>(at), 4);
        const std::string_view type = part_of(bytes, at + 4, 4);
        if (size > bytes.size() - at - 12) return;
        if (type == "tEXt" || type == "zTXt" || type == "iTXt") read_png_text(type, part_of(bytes, at + 8, size), out);
        if (type == "IEND") return;
        at += 12 + size;
    }
}

void from_webp(std::string_view bytes, Carried& out) {
    for (std::uint64_t at = 12; at + 8 <= bytes.size();) {
        const std::uint64_t size = little_endian(bytes, static_cast<std::size_t>(at) + 4, 4);
        if (part_of(bytes, at, 4) == "EXIF") {
            std::string_view exif = part_of(bytes, at + 8, size);
            if (exif.starts_with(std::string_view("Exif\0\0", 6))) exif.remove_prefix(6);  // as some write it
            Tiff(exif, out).run();
        }
        at += 8 + size + size % 2;
    }
}

void from_jpeg(std::string_view bytes, Carried& out) {
    for (std::uint64_t at = 2; at + 4 <= bytes.size();) {
        const std::uint64_t marker = big_endian(bytes, static_cast<std::size_t>(at), 2);
        const std::uint64_t size = big_endian(bytes, static_cast<std::size_t>(at) + 2, 2);
        if (marker < 0xff00 || marker == 0xffda || size < 2) return;  // the picture itself, or no JPEG
        const std::string_view data = part_of(bytes, at + 4, size - 2);
        if (marker == 0xffe1 && data.starts_with(std::string_view("Exif\0\0", 6))) Tiff(data.substr(6), out).run();
        at += 2 + size;
    }
}

}  // namespace tmplbuild::catalogue::carried
