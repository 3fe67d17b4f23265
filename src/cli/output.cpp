// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "base/text.hpp"
#include "cli/printable.hpp"

namespace tmplbuild::cli {

static void put_out(const std::string& text) { (void)std::fwrite(text.data(), 1, text.size(), stdout); }

void print_line(std::string_view text) { put_out(visible(text) + "\n"); }

void print_row(std::initializer_list<Cell> cells) {
    std::string line;
    for (const Cell& cell : cells) {
        const std::string text = visible(cell.text);
        const auto width = static_cast<std::size_t>(std::abs(cell.width));
        const std::string padding(width > columns(text) ? width - columns(text) : 0, ' ');
        if (!line.empty()) line += ' ';
        line += cell.width < 0 ? padding + text : text + padding;
    }
    while (line.ends_with(' ')) line.pop_back();
    put_out(line + "\n");
}

void print_text(std::string_view lines) {
    std::vector<std::string> out = split(lines, '\n');
    for (std::string& line : out) line = visible(line);
    put_out(join(out, "\n"));
}

void print_json(const json::value& value) { put_out(visible_json(json::pretty(value))); }

int finish_output() {
    std::cout.flush();  // --help and --version
    const bool failed_before = std::ferror(stdout) != 0 || !std::cout;
    errno = 0;
    if (std::fflush(stdout) != 0) return errno == 0 ? EIO : errno;
    return failed_before ? EIO : 0;
}

}  // namespace tmplbuild::cli
