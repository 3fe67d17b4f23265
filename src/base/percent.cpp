// SPDX-License-Identifier: Apache-2.0
#include "base/percent.hpp"

namespace tmplbuild {

static int hex_value_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Decoded decode_percent(std::string_view text, Plus plus) {
    Decoded out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_value_of(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value_of(text[i + 2]) : -1;
        if (low >= 0) {
            out.text += static_cast<char>(high * 16 + low);
            i += 2;
            continue;
        }
        out.has_broken_escape = out.has_broken_escape || text[i] == '%';
        out.text += text[i] == '+' && plus == Plus::space ? ' ' : text[i];
    }
    return out;
}

}  // namespace tmplbuild
