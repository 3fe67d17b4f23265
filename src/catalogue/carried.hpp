// SPDX-License-Identifier: Apache-2.0
// The workflow inside a file that ComfyUI made: PNG, WebP, JPEG, MP4, MOV, WebM, MKV, FLAC, or a safetensors file.
// Bytes in, text out; every length that the file claims is held against what is there. Used by the console's workers.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::catalogue {

inline constexpr std::size_t max_carried_bytes = 32 << 20;  // of one text, uncompressed

struct Carried {
    std::string workflow;  // as ComfyUI's page saves it
    std::string prompt;    // as its API takes it
    int tries = 0;         // texts that were looked at: a file may hold any number that are none
    bool empty() const { return workflow.empty() && prompt.empty(); }
    const std::string& best() const { return workflow.empty() ? prompt : workflow; }
};

// What the file carries; nothing where it is of no known kind, or broken before that place. `bytes` may be the
// beginning of a longer file: what lies behind it is not found.
Carried carried_in(std::string_view bytes);

// Whether a text with that key is worth unpacking: it is one that is still lacking, and not too many were tried.
bool wants_carried(Carried& out, std::string_view key);
// A text by its key, as one of the formats has it. Keeps the first of each.
void keep_carried(Carried& out, std::string_view key, std::string_view text);

namespace carried {
// One for each family of formats; `bytes` is the whole file, of which the first bytes were recognised.
void from_png(std::string_view bytes, Carried& out);
void from_webp(std::string_view bytes, Carried& out);
void from_jpeg(std::string_view bytes, Carried& out);
void from_mp4(std::string_view bytes, Carried& out);
void from_matroska(std::string_view bytes, Carried& out);
void from_flac(std::string_view bytes, Carried& out);
}  // namespace carried

}  // namespace tmplbuild::catalogue
