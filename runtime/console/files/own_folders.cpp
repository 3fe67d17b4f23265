// SPDX-License-Identifier: Apache-2.0
#include "console/files/own_folders.hpp"

#include <algorithm>

#include "sys/random.hpp"

namespace tmplbuild::console::files {

Reply<sys::KeptFolder> own_folder(const Root& root, const std::string& name) {
    auto out = sys::KeptFolder::open(root.path, {".tmplbuild", name});
    if (!out) return refusal_of(out.error());
    return std::move(*out);
}

std::string new_id() { return sys::random_hex(8); }

bool is_id(std::string_view text) {
    return text.size() == 16 && std::all_of(text.begin(), text.end(),
                                            [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace tmplbuild::console::files
