// SPDX-License-Identifier: Apache-2.0
// Reads escapes of addresses ("%2B" is '+'; RFC 3986, 2.1): the other way of percent_encoded() in text.hpp. Used by all
// that read addresses, forms and links. Judges nothing: what a decoded text may hold is for its reader to say.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild {

enum class Plus {
    plain,
    space,  // as browsers send forms (application/x-www-form-urlencoded)
};

struct Decoded {
    std::string text;  // any bytes; an escape that is broken stands in it as it was written
    bool has_broken_escape = false;
};
Decoded decode_percent(std::string_view text, Plus plus = Plus::plain);

}  // namespace tmplbuild
