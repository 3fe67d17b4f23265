// SPDX-License-Identifier: Apache-2.0
#include "resolve/requirements_text.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

// pip's requirements file format: a '#' at the start or after white space begins a comment.
std::string_view without_comment(std::string_view line) {
    for (std::size_t at = 0; (at = line.find('#', at)) != std::string_view::npos; ++at)
        if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return trim(line.substr(0, at));
    return trim(line);
}

// What is printed of a line: never a password or token that stands in an address.
std::string printable(std::string_view line) {
    const std::size_t address = line.find("://");
    return address == std::string_view::npos ? std::string(line) : std::string(line.substr(0, address + 3)) + "…";
}

bool is_direct(std::string_view line) {
    std::size_t at = 0;
    while (at < line.size() && is_name_char(line[at])) ++at;
    const std::string_view name = line.substr(0, at);
    if (name.empty() || name.front() == '.' || name.ends_with(".whl") || name.ends_with(".gz") ||
        name.ends_with(".zip"))
        return true;
    while (at < line.size() && line[at] == ' ') ++at;
    if (at < line.size() && line[at] == '[') at = std::min(line.find(']', at), line.size() - 1) + 1;
    while (at < line.size() && line[at] == ' ') ++at;
    if (at == line.size()) return false;
    // "name @ URL", "git+https://…", "folder/package", "https:…"
    return std::string_view("@+/:\\").find(line[at]) != std::string_view::npos;
}

// Options that say where or how to look; the machine's settings do that here.
bool is_look_up_option(std::string_view option) {
    static constexpr std::array<std::string_view, 11> known = {
        "-i",         "--index-url",    "--pypi-url",      "--extra-index-url", "-f",         "--find-links",
        "--no-index", "--trusted-host", "--prefer-binary", "--only-binary",     "--no-binary"};
    return std::find(known.begin(), known.end(), option) != known.end();
}

class Cleaner {
  public:
    explicit Cleaner(const std::string& name) : name_(name) {}

    Result<std::string> clean(std::string_view line, unsigned number) {
        line = without_comment(line);
        if (line.empty()) return std::string();
        if (line.front() == '-') return clean_option(line, number);
        if (is_direct(line)) {
            Error error = usage_error("requirement '" + printable(line) + "' names an address or a file",
                                      "a lock holds names and hashes: put its wheel on an index or into a folder that "
                                      "pip's find-links names, and ask for it by name");
            return at(std::move(error), number);
        }
        return std::string(line);
    }
    std::vector<std::string> warnings;

  private:
    Result<std::string> clean_option(std::string_view line, unsigned number) {
        const std::string option(line.substr(0, line.find_first_of(" \t=")));
        // "-ihttps://…": a short option may touch its value.
        if (is_look_up_option(option) || is_look_up_option(option.substr(0, 2))) {
            warnings.push_back(name_ + ":" + std::to_string(number) + ": '" + printable(option) +
                               "' has no effect: this machine's pip settings say where packages are looked for");
            return std::string();
        }
        const bool other_file =
            option == "-r" || option == "--requirement" || option == "-c" || option == "--constraint";
        Error error =
            usage_error("option '" + option + "' cannot be used in requirements here",
                        other_file ? "name each file in `requirements_from` of the template" : "leave it out");
        return at(std::move(error), number);
    }

    Error at(Error error, unsigned number) const {
        error.where = SourcePos{name_, number, 0};
        return error;
    }
    const std::string& name_;
};

}  // namespace

Result<CleanRequirements> clean_requirements(const std::string& name, const std::string& content) {
    CleanRequirements out;
    Cleaner cleaner(name);
    std::string joined;  // of lines that end with a backslash
    unsigned number = 0, first = 0;
    std::string blank_lines;
    std::string text = content;
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte order mark
    for (const std::string& line : split(text, '\n')) {
        ++number;
        if (joined.empty()) first = number;
        std::string_view bare = trim(line);
        const bool goes_on = bare.ends_with('\\') && !bare.starts_with('#');
        if (goes_on) bare.remove_suffix(1);
        joined += bare;
        if (goes_on) {
            joined += ' ';
            blank_lines += '\n';
            continue;
        }
        auto clean = cleaner.clean(joined, first);
        if (!clean) return clean.error();
        out.text += *clean + "\n" + blank_lines;
        joined.clear();
        blank_lines.clear();
    }
    if (!joined.empty()) {
        auto clean = cleaner.clean(joined, first);
        if (!clean) return clean.error();
        out.text += *clean + "\n";
    }
    out.warnings = std::move(cleaner.warnings);
    return out;
}

std::string normalized_project(std::string_view name) {
    std::string out;
    for (const char c : to_lower(name)) {
        const bool dash = c == '-' || c == '_' || c == '.';
        if (!dash)
            out += c;
        else if (out.empty() || out.back() != '-')
            out += '-';
    }
    return out;
}

}  // namespace tmplbuild
