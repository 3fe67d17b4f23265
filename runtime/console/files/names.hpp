// SPDX-License-Identifier: Apache-2.0
// Names of files as text. A name is bytes, and JSON and addresses hold UTF-8: a byte that is part of no character
// stands there as one of the private characters U+F780 to U+F7FF, and so do the bytes of such a character itself. Each
// name has one text, and each text one name. Used by everything here that reads or writes a path. Pure.
#pragma once

#include <string>
#include <string_view>

#include "console/worker/refusal.hpp"

namespace tmplbuild::console::files {

std::string shown(std::string_view bytes);
std::string real(std::string_view text);

// Whether a new file may have this name (bytes): one part of a path, at most 255 bytes.
Reply<void> check_name(std::string_view name);
// "clip.png" → ".png", in lower case; empty where there is none.
std::string extension_of(std::string_view name);
// "clip.png", 2 → "clip (2).png"
std::string numbered(std::string_view name, int number);

}  // namespace tmplbuild::console::files
