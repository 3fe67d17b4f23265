// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <span>

#include "base/utf8.hpp"
#include "catalogue/carried.hpp"
#include "console/files/kinds.hpp"
#include "console/files/names.hpp"
#include "console/files/own_folders.hpp"
#include "console/files/previews.hpp"
#include "console/files/tensor_header.hpp"
#include "console/files/values.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::size_t text_shown = 256 << 10, most_pins = 100;
constexpr std::uint64_t pins_limit = 1 << 20;
constexpr const char* pins_name = "pins.json";

// The file's beginning as text; none where it is no text.
std::optional<std::string> text_head(int file) {
    std::string out(text_shown, '\0');
    const ssize_t got = ::pread(file, out.data(), out.size(), 0);
    if (got < 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(got));
    if (out.find('\0') != std::string::npos) return std::nullopt;
    out.resize(out.size() - unfinished_bytes(out));
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

// Whether ComfyUI's workflow is in it. The file is read where that takes it: a film may have it at its end. A file that
// becomes shorter meanwhile ends this process, and the console says so.
bool carries_workflow(int file, std::uint64_t size) {
    if (size == 0) return false;
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (at == MAP_FAILED) return false;
    const bool out = !catalogue::carried_in({static_cast<const char*>(at), size}).empty();
    ::munmap(at, size);
    return out;
}

Reply<sys::KeptFolder> pins_folder(const Roots& roots) {
    if (roots.all().empty()) return Refusal{503, "the volume is not there", {}};
    return own_folder(roots.all().front(), "files");
}

}  // namespace

Reply<void> preview(Conversation& talk, const Roots& roots) {
    const auto given = Values::of(talk);
    if (!given) return given.error();
    const auto place = roots.place(given->text("path"));
    if (!place) return place.error();
    struct stat info {};
    const auto file = roots.open_file(*place, info);
    if (!file) return file.error();
    const FileKind kind = kind_of(place->name());
    const std::string extension = extension_of(place->name());
    json::object out{{"path", shown(place->path())},
                     {"kind", kind.category},
                     {"mime_type", kind.mime_type},
                     {"size", static_cast<std::int64_t>(info.st_size)}};
    const bool is_media = kind.category == "image" || kind.category == "video" || kind.category == "audio";
    if (extension == ".safetensors" || extension == ".sft") {
        auto header = read_tensor_header(file->get(), static_cast<std::uint64_t>(info.st_size));
        if (!header) return header.error();
        out["kind"] = "safetensors";
        out["safetensors"] = std::move(*header);
    } else if (!is_media && kind.category != "pdf" && kind.category != "archive" && kind.category != "model") {
        if (auto text = text_head(file->get())) {
            out["kind"] = "text";
            out["truncated"] = static_cast<std::uint64_t>(info.st_size) > text->size();
            out["text"] = std::move(*text);
        }
    }
    out["workflow"] = carries_workflow(file->get(), static_cast<std::uint64_t>(info.st_size));
    talk.answer(json_answer(200, out));
    return {};
}

Reply<void> show_pins(Conversation& talk, const Roots& roots) {
    const auto folder = pins_folder(roots);
    if (!folder) return folder.error();
    const auto text = folder->read(pins_name, pins_limit);
    if (!text) return refusal_of(text.error());
    const auto parsed = *text ? json::parse(**text, pins_name) : Result<json::value>(json::object{});
    const json::object* object = parsed ? parsed->if_object() : nullptr;
    const json::value* paths = object != nullptr ? object->if_contains("paths") : nullptr;
    talk.answer(json_answer(
        200, json::object{{"paths", paths != nullptr && paths->is_array() ? *paths : json::value(json::array{})}}));
    return {};
}

Reply<void> set_pins(Conversation& talk, const Roots& roots) {
    const auto body = talk.json_body(pins_limit);
    if (!body) return body.error();
    const json::value* given = body->if_contains("paths");
    if (given == nullptr || !given->is_array() || given->get_array().size() > most_pins)
        return Refusal{400, "'paths' is no list of at most 100 texts", {}};
    json::array paths;
    for (const json::value& one : given->get_array()) {
        if (!one.is_string()) return Refusal{400, "'paths' is no list of texts", {}};
        const auto place = roots.place(std::string(one.get_string()));
        if (!place) return place.error();
        paths.emplace_back(shown(place->path()));
    }
    const auto folder = pins_folder(roots);
    if (!folder) return folder.error();
    const json::object kept{{"paths", paths}};
    if (auto put = folder->write(pins_name, json::compact(kept)); !put) return refusal_of(put.error());
    talk.answer(json_answer(200, kept));
    return {};
}

}  // namespace tmplbuild::console::files
