// SPDX-License-Identifier: Apache-2.0
// What to write where a template has one text and a list of texts is wanted: something that works as it stands. Used by
// the table reader. Never changes what a template says.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild {

// What the entries of a list are: it decides how one text would be a list.
enum class ListOf {
    texts,      // each a text of its own, with any characters
    names,      // without spaces: "git, curl" means two
    words,      // arguments for a program that stands elsewhere: "--fast --port 80" means three
    arguments,  // a program and its arguments, as a shell would split them
};

// "put it in brackets: [\"make\", \"install\"]"
std::string list_hint(std::string_view text, ListOf kind);

// `text` as TOML writes a string (TOML 1.0, "String"), in quotes.
std::string toml_quoted(std::string_view text);

}  // namespace tmplbuild
