// SPDX-License-Identifier: Apache-2.0
// MP4 and MOV (ISO/IEC 14496-12; Apple's QuickTime File Format: udta, meta, keys, ilst), Matroska and WebM (RFC 9559:
// Segment, Tags, SimpleTag), FLAC (RFC 9639: Vorbis comments). ComfyUI writes "workflow" and "prompt" as the
// container's metadata by FFmpeg (comfy_extras/nodes_video.py, nodes_audio.py); VideoHelperSuite writes both into the
// comment.
#include <optional>
#include <string>
#include <vector>

#include "catalogue/byte_reader.hpp"
#include "catalogue/carried.hpp"

namespace tmplbuild::catalogue::carried {
namespace {

constexpr int deepest_box = 8;
constexpr std::size_t max_keys = 1000;

struct Box {
    std::string_view type, content;
    std::uint64_t end = 0;  // where the next one begins
};

std::optional<Box> box_at(std::string_view bytes, std::uint64_t at) {
    if (at > bytes.size() || bytes.size() - at < 8) return std::nullopt;
    std::uint64_t size = big_endian(bytes, static_cast<std::size_t>(at), 4), head = 8;
    if (size == 1) {
        head = 16;
        size = big_endian(bytes, static_cast<std::size_t>(at) + 8, 8);
    }
    if (size == 0) size = bytes.size() - at;  // up to the end
    if (size < head) return std::nullopt;
    const std::uint64_t end = size > UINT64_MAX - at ? UINT64_MAX : at + size;
    return Box{part_of(bytes, at + 4, 4), part_of(bytes, at + head, size - head), end};
}

void for_boxes(std::string_view bytes, auto&& take) {
    std::uint64_t at = 0;
    while (const auto box = box_at(bytes, at)) {
        take(*box);
        at = box->end;
    }
}

class Mp4 {
  public:
    explicit Mp4(Carried& out) : out_(out) {}

    void read(std::string_view bytes, int depth) {
        if (depth > deepest_box) return;
        for_boxes(bytes, [&](const Box& box) {
            if (box.type == "moov" || box.type == "udta" || box.type == "trak") return read(box.content, depth + 1);
            if (box.type == "meta") return read_meta(box.content);
            if (depth > 0 && box.content.size() > 4 &&
                box.type ==
                    "\xa9"
                    "cmt")  // QuickTime's own form
                keep_carried(out_, "comment", box.content.substr(4));
        });
    }

  private:
    // A full box of four more bytes in MP4, and none in QuickTime, where a box follows at once.
    void read_meta(std::string_view content) {
        if (part_of(content, 4, 4) != "hdlr" && content.size() >= 4) content.remove_prefix(4);
        std::vector<std::string_view> keys;
        for_boxes(content, [&](const Box& box) {
            if (box.type == "keys") keys = keys_of(box.content);
        });
        for_boxes(content, [&](const Box& box) {
            if (box.type == "ilst") for_boxes(box.content, [&](const Box& item) { read_item(item, keys); });
        });
    }

    static std::vector<std::string_view> keys_of(std::string_view content) {
        std::vector<std::string_view> keys;
        for (std::uint64_t at = 8; at + 8 <= content.size() && keys.size() < max_keys;) {
            const std::uint64_t size = big_endian(content, static_cast<std::size_t>(at), 4);
            if (size < 8 || size > content.size() - at) break;
            keys.push_back(part_of(content, at + 8, size - 8));
            at += size;
        }
        return keys;
    }

    // Its type is its key, or the key's place in the list, from 1.
    void read_item(const Box& item, const std::vector<std::string_view>& keys) {
        const std::uint64_t index = big_endian(item.type, 0, 4);
        std::string_view key =
            index >= 1 && index <= keys.size() ? keys[static_cast<std::size_t>(index) - 1] : item.type;
        if (const std::size_t dot = key.rfind('.'); dot != std::string_view::npos) key.remove_prefix(dot + 1);
        std::string own_name;  // of an item "----", by its box "name"
        for_boxes(item.content, [&](const Box& box) {
            if (box.type == "name" && box.content.size() > 4) own_name = box.content.substr(4);
            if (box.type == "data" && box.content.size() > 8)
                keep_carried(out_, own_name.empty() ? key : own_name, box.content.substr(8));
        });
    }

    Carried& out_;
};

// A number of EBML: its length is in its first byte. The marker bit stays in an element's name.
std::optional<std::uint64_t> ebml_number(std::string_view bytes, std::size_t& at, bool keep_marker) {
    if (at >= bytes.size()) return std::nullopt;
    const auto first = static_cast<unsigned char>(bytes[at]);
    std::size_t length = 1;
    while (length <= 8 && (first & (0x80 >> (length - 1))) == 0) ++length;
    if (length > 8 || length > bytes.size() - at) return std::nullopt;
    std::uint64_t value = big_endian(bytes, at, length);
    const std::uint64_t marker = std::uint64_t{1} << (7 * length);
    if (!keep_marker) {
        value &= marker - 1;
        if (value == marker - 1) value = UINT64_MAX;  // not known: up to the end
    }
    at += length;
    return value;
}

struct Element {
    std::uint64_t id = 0;
    std::string_view content;
};

// The element at `at`, which then stands behind it.
std::optional<Element> element_at(std::string_view bytes, std::size_t& at) {
    const auto id = ebml_number(bytes, at, true);
    const auto size = id ? ebml_number(bytes, at, false) : std::nullopt;
    if (!size) return std::nullopt;
    const Element out{*id, part_of(bytes, at, *size)};
    at += out.content.size();
    return out;
}

constexpr std::uint64_t ebml_segment = 0x18538067, ebml_tags = 0x1254c367, ebml_tag = 0x7373, ebml_simple_tag = 0x67c8,
                        ebml_tag_name = 0x45a3, ebml_tag_string = 0x4487, ebml_cluster = 0x1f43b675;

void read_simple_tag(std::string_view bytes, Carried& out) {
    std::string_view name, text;
    for (std::size_t at = 0; const auto element = element_at(bytes, at);) {
        if (element->id == ebml_tag_name) name = element->content;
        if (element->id == ebml_tag_string) text = element->content;
    }
    keep_carried(out, name, text);
}

void read_tags(std::string_view bytes, Carried& out) {
    for (std::size_t at = 0; const auto tag = element_at(bytes, at);) {
        if (tag->id != ebml_tag) continue;
        for (std::size_t inner = 0; const auto simple = element_at(tag->content, inner);)
            if (simple->id == ebml_simple_tag) read_simple_tag(simple->content, out);
    }
}

}  // namespace

void from_mp4(std::string_view bytes, Carried& out) { Mp4(out).read(bytes, 0); }

void from_matroska(std::string_view bytes, Carried& out) {
    for (std::size_t at = 0; const auto element = element_at(bytes, at);) {
        if (element->id != ebml_segment) continue;
        for (std::size_t inner = 0; const auto part = element_at(element->content, inner);) {
            if (part->id == ebml_tags) read_tags(part->content, out);
            // A cluster of unknown length, as live streams have it, ends where nobody can tell without its contents.
            if (part->id == ebml_cluster && inner >= element->content.size()) break;
        }
    }
}

void from_flac(std::string_view bytes, Carried& out) {
    for (std::uint64_t at = 4; at + 4 <= bytes.size();) {
        const std::uint64_t head = big_endian(bytes, static_cast<std::size_t>(at), 1);
        const std::uint64_t size = big_endian(bytes, static_cast<std::size_t>(at) + 1, 3);
        const std::string_view block = part_of(bytes, at + 4, size);
        if ((head & 0x7f) == 4) {
            std::uint64_t place = 4 + little_endian(block, 0, 4);  // behind the name of the writer
            if (place > block.size()) return;
            const std::uint64_t count = little_endian(block, static_cast<std::size_t>(place), 4);
            place += 4;
            for (std::uint64_t i = 0; i < count && place + 4 <= block.size(); ++i) {
                const std::uint64_t length = little_endian(block, static_cast<std::size_t>(place), 4);
                const std::string_view comment = part_of(block, place + 4, length);
                if (const std::size_t equals = comment.find('='); equals != std::string_view::npos)
                    keep_carried(out, comment.substr(0, equals), comment.substr(equals + 1));
                place += 4 + length;
            }
        }
        if ((head & 0x80) != 0) return;  // the last one
        at += 4 + size;
    }
}

}  // namespace tmplbuild::catalogue::carried
