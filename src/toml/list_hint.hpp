// SPDX-License-Identifier: Apache-2.0
// What to write where a template has one text and needs a list of texts: the hint can be used unchanged. Used by the
// table reader. Never changes what a template says.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild {

// What the entries of a list are, which decides how one text is split.
enum class ListOf {
    texts,      // each a text of its own, with any characters
    names,      // without spaces: "git, curl" are two
    words,      // arguments for another program: "--fast --port 80" are three
    arguments,  // a program and its arguments, as a shell would split them
};

// Such as "put it in brackets: [\"make\", \"install\"]".
std::string list_hint(std::string_view text, ListOf kind);

// `text` as a string of TOML, in quotes (TOML 1.0, "String").
std::string toml_quoted(std::string_view text);

}  // namespace tmplbuild
