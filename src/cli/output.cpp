// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace tmplbuild::cli {

// The errno of the first failed write to stdout; a later flush would not report it again.
static int& first_failure() {
    static int code = 0;
    return code;
}

static void put_out(const std::string& text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() || first_failure() != 0) return;
    first_failure() = errno == 0 ? EIO : errno;
}

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
    if (first_failure() != 0) return first_failure();
    errno = 0;
    if (std::fflush(stdout) != 0) return errno == 0 ? EIO : errno;
    return std::ferror(stdout) != 0 ? EIO : 0;
}

}  // namespace tmplbuild::cli
