// SPDX-License-Identifier: Apache-2.0
// Prints the results of commands on stdout, and makes them safe to show in this one place: text from an image, a
// template or a tool appears as visible text on its own line. Used by every command. Never prints progress or errors.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace tmplbuild::cli {

// One cell of a table: `width` in columns; the padding is behind the text, or before it where `width` is negative; 0:
// as wide as the text.
struct Cell {
    std::string text;
    int width = 0;
};

void print_line(std::string_view text = {});        // one line, without its newline
void print_row(std::initializer_list<Cell> cells);  // one line, a space between the cells
void print_text(std::string_view lines);            // several lines that we wrote; newlines are kept
void print_json(const json::value& value);          // pretty, as every command prints it

// 0 when everything is written, else the errno of the failed write: on a full disk, the answer would be lost unnoticed.
int finish_output();

}  // namespace tmplbuild::cli
