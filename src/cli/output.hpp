// SPDX-License-Identifier: Apache-2.0
// Results of commands on stdout, and the one place where they are made safe to show: whatever an image, a template or a
// tool says stands there as visible text on its own line. Used by every command. Never writes progress or errors.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace tmplbuild::cli {

// One cell of a table: `width` in columns, padded behind the text, before it where negative; 0: as wide as it is.
struct Cell {
    std::string text;
    int width = 0;
};

void print_line(std::string_view text = {});        // one line, without its newline
void print_row(std::initializer_list<Cell> cells);  // one line, a space between the cells
void print_text(std::string_view lines);            // several lines of our own making, newlines kept
void print_json(const json::value& value);          // pretty, as every command prints it

// 0 when everything is written, else errno(3) of what failed: a full disk loses an answer as much as a wrong one.
int finish_output();

}  // namespace tmplbuild::cli
