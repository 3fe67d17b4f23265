// SPDX-License-Identifier: Apache-2.0
#include "catalogue/carried.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "catalogue/byte_reader.hpp"
#include "catalogue/safetensors.hpp"

namespace tmplbuild::catalogue {
namespace {

bool is_comment(std::string_view word) {
    return word == "comment" ||
           word ==
               "\xa9"
               "cmt" ||
           word == "usercomment";
}

// "workflow" and "prompt" in a JSON object, each an object or a text that holds one: a video's comment, as
// VideoHelperSuite writes it.
void keep_from_comment(Carried& out, std::string_view text) {
    const auto parsed = json::parse(text, "the comment");
    const json::object* object = parsed ? parsed->if_object() : nullptr;
    if (object == nullptr) return;
    for (const char* key : {"workflow", "prompt"})
        if (const json::value* value = object->if_contains(key); value != nullptr)
            keep_carried(out, key, value->is_string() ? std::string(value->get_string()) : json::compact(*value));
}

}  // namespace

bool wants_carried(Carried& out, std::string_view key) {
    constexpr int most_tries = 16;
    const std::string word = to_lower(key.substr(0, 20));
    const bool lacking = (word == "workflow" && out.workflow.empty()) || (word == "prompt" && out.prompt.empty()) ||
                         (is_comment(word) && out.empty());
    return lacking && ++out.tries <= most_tries;
}

void keep_carried(Carried& out, std::string_view key, std::string_view text) {
    if (!wants_carried(out, key)) return;
    while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
    text = trim(text);
    if (!text.starts_with('{') || text.size() > max_carried_bytes || !is_utf8(text)) return;
    const std::string word = to_lower(key);
    if (word == "workflow") out.workflow = text;
    if (word == "prompt") out.prompt = text;
    if (is_comment(word)) keep_from_comment(out, text);
}

Carried carried_in(std::string_view bytes) {
    Carried out;
    if (bytes.starts_with("\x89PNG\r\n\x1a\n")) {
        carried::from_png(bytes, out);
    } else if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) {
        carried::from_webp(bytes, out);
    } else if (bytes.starts_with("\xff\xd8\xff")) {
        carried::from_jpeg(bytes, out);
    } else if (bytes.starts_with("\x1a\x45\xdf\xa3")) {
        carried::from_matroska(bytes, out);
    } else if (bytes.starts_with("fLaC")) {
        carried::from_flac(bytes, out);
    } else if (part_of(bytes, 4, 4) == "ftyp") {
        carried::from_mp4(bytes, out);
    } else if (const auto header = read_safetensors_header(bytes)) {
        for (const auto& [key, text] : header->metadata) keep_carried(out, key, text);
    }
    return out;
}

}  // namespace tmplbuild::catalogue
