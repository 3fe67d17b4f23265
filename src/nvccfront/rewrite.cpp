// SPDX-License-Identifier: Apache-2.0
#include "nvccfront/rewrite.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tmplbuild::nvccfront {

namespace {

using Names = std::vector<std::string_view>;

const Names gencode_names = {"-gencode", "--generate-code"};
const Names arch_names = {"-arch", "--gpu-architecture"};
const Names code_names = {"-code", "--gpu-code"};
const Names file_names = {"-optf", "--options-file"};
// The separate argument of these is for another program, whatever it looks like.
const Names forwarding_names = {"--compiler-options", "--linker-options", "--archive-options",
                                "--ptxas-options",    "--nvlink-options", "-o",
                                "--output-file"};
const Names questions = {"--version",       "-V",       "--help",          "-h",
                         "--list-gpu-arch", "-arch-ls", "--list-gpu-code", "-code-ls"};

bool contains(const Names& names, std::string_view text) {
    return std::find(names.begin(), names.end(), text) != names.end();
}

// An option at `arguments[at]` with its value, joined by '=' or separate.
struct Option {
    std::string value;
    std::size_t length = 1;  // how many arguments it takes
};
std::optional<Option> option_at(const std::vector<std::string>& arguments, std::size_t at, const Names& names) {
    const std::string& text = arguments[at];
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos && contains(names, std::string_view(text).substr(0, equals)))
        return Option{text.substr(equals + 1), 1};
    if (contains(names, text) && at + 1 < arguments.size()) return Option{arguments[at + 1], 2};
    return std::nullopt;
}

struct ArchOption {
    Option option;
    bool gencode = false, arch = false;
};
std::optional<ArchOption> arch_option_at(const std::vector<std::string>& arguments, std::size_t at) {
    if (auto found = option_at(arguments, at, gencode_names)) return ArchOption{std::move(*found), true, false};
    if (auto found = option_at(arguments, at, arch_names)) return ArchOption{std::move(*found), false, true};
    if (auto found = option_at(arguments, at, code_names)) return ArchOption{std::move(*found), false, false};
    return std::nullopt;
}

// How many arguments belong to the option at `at`, which is not about archs.
std::size_t foreign_length(const std::vector<std::string>& arguments, std::size_t at) {
    const std::string& text = arguments[at];
    const bool forwards = (text.starts_with("-X") && text.find('=') == std::string::npos && text.size() > 2) ||
                          contains(forwarding_names, text);
    return forwards && at + 1 < arguments.size() ? 2 : 1;
}

std::string joined(const std::vector<std::string>& arguments, std::size_t at, std::size_t length) {
    std::string out = arguments[at];
    for (std::size_t i = 1; i < length; ++i) out += " " + arguments[at + i];
    return out;
}

// Which kinds of code the removed options asked for.
struct Wanted {
    bool machine = false;  // sm_…, or nothing said
    bool lto = false;      // lto_…
    bool shorthand = false, list = false;

    void note(const ArchOption& found) {
        const std::string& value = found.option.value;
        if (value.find("lto_") != std::string::npos) lto = true;
        if (value.find("sm_") != std::string::npos) machine = true;
        if (found.gencode) list = true;
        if (found.arch) shorthand = true;
    }
    // nvcc makes LTO code of a plain -arch=sm_XY where -dlto is given; a -gencode has to say it.
    void note_dlto() {
        if (shorthand && !list) lto = true, machine = false;
    }
    std::string value(std::string_view number) const {
        const std::string n(number);
        std::string code = "sm_" + n;
        if (lto) code = machine ? "[lto_" + n + ",sm_" + n + "]" : "lto_" + n;
        return "arch=compute_" + n + ",code=" + code;
    }
};

// A word of a flags text: its place, and its text without quotes.
struct Word {
    std::size_t begin, end;
    std::string text;
};
std::vector<Word> words_of(const std::string& text) {
    std::vector<Word> words;
    std::size_t i = 0;
    const auto space = [&] { return text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r'; };
    while (i < text.size()) {
        if (space()) {
            ++i;
            continue;
        }
        Word word{i, i, {}};
        char quote = 0;
        for (; i < text.size() && (quote != 0 || !space()); ++i) {
            const char c = text[i];
            if (c == '\\' && i + 1 < text.size())
                word.text += text[++i];
            else if (quote == 0 && (c == '"' || c == '\''))
                quote = c;
            else if (quote != 0 && c == quote)
                quote = 0;
            else
                word.text += c;
        }
        word.end = i;
        words.push_back(std::move(word));
    }
    return words;
}

std::vector<std::string> split_list(const std::string& text) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == ',')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

struct Rewriting {
    const std::vector<std::string>& in;
    const OptionsFiles& files;
    Rewritten out;
    Wanted wanted;
    std::optional<std::size_t> place;  // in out.arguments, of the first removed option
    bool dlto = false;

    void remove(std::vector<std::string> what) {
        if (!place) place = out.arguments.size();
        for (auto& one : what) out.removed.push_back(std::move(one));
    }

    // An options file that names archs is replaced by one that does not.
    void options_file(std::size_t at, const Option& option) {
        std::vector<std::string> names = split_list(option.value), removed;
        for (std::string& name : names) {
            const auto text = files.read(name);
            if (!text) continue;
            std::vector<std::string> inside;
            for (const Word& word : words_of(*text)) inside.push_back(word.text);
            const RewrittenText rest = remove_arch_options(*text);
            if (rest.removed.empty()) continue;
            for (std::size_t i = 0; i < inside.size();) {
                const auto found = arch_option_at(inside, i);
                if (found) wanted.note(*found);
                i += found ? found->option.length : foreign_length(inside, i);
            }
            removed.insert(removed.end(), rest.removed.begin(), rest.removed.end());
            name = files.keep(rest.text);
        }
        if (removed.empty()) {
            out.arguments.insert(out.arguments.end(), in.begin() + static_cast<std::ptrdiff_t>(at),
                                 in.begin() + static_cast<std::ptrdiff_t>(at + option.length));
            return;
        }
        remove(std::move(removed));
        std::string list;
        for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
        out.arguments.push_back("--options-file");
        out.arguments.push_back(list);
    }

    void run() {
        for (std::size_t i = 0; i < in.size();) {
            if (auto found = arch_option_at(in, i)) {
                wanted.note(*found);
                remove({joined(in, i, found->option.length)});
                i += found->option.length;
            } else if (auto option = option_at(in, i, file_names)) {
                options_file(i, *option);
                i += option->length;
            } else {
                dlto = dlto || in[i] == "-dlto" || in[i] == "--dlink-time-opt";
                const std::size_t length = foreign_length(in, i);
                for (std::size_t k = 0; k < length; ++k) out.arguments.push_back(in[i + k]);
                i += length;
            }
        }
    }
};

}  // namespace

bool is_arch_number(std::string_view text) {
    if (!text.empty() && (text.back() == 'a' || text.back() == 'f')) text.remove_suffix(1);
    return (text.size() == 2 || text.size() == 3) && text.front() != '0' &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

RewrittenText remove_arch_options(const std::string& text) {
    const std::vector<Word> words = words_of(text);
    std::vector<std::string> plain;
    for (const Word& word : words) plain.push_back(word.text);
    RewrittenText out;
    std::size_t copied = 0;
    for (std::size_t i = 0; i < words.size();) {
        const auto found = arch_option_at(plain, i);
        if (!found) {
            i += foreign_length(plain, i);
            continue;
        }
        const std::size_t length = found->option.length;
        out.removed.push_back(joined(plain, i, length));
        out.text += text.substr(copied, words[i].begin - copied);
        copied = words[i + length - 1].end;
        i += length;
    }
    out.text += text.substr(copied);
    return out;
}

Rewritten rewrite_arguments(const std::vector<std::string>& arguments, std::string_view number,
                            const OptionsFiles& files) {
    for (const std::string& argument : arguments)
        if (contains(questions, argument)) return {arguments, {}, false};
    Rewriting rewriting{arguments, files, {}, {}, std::nullopt, false};
    rewriting.run();
    if (rewriting.dlto) rewriting.wanted.note_dlto();
    const std::string value = rewriting.wanted.value(number);
    Rewritten out = std::move(rewriting.out);
    // No line is needed where the one arch is all that was asked for.
    if (out.removed.size() == 1) {
        const std::string& only = out.removed.front();
        for (const std::string_view name : gencode_names)
            if (only == std::string(name) + " " + value || only == std::string(name) + "=" + value)
                return {arguments, {}, false};
    }
    const std::array<std::string, 2> ours = {"-gencode", value};
    out.arguments.insert(out.arguments.begin() + static_cast<std::ptrdiff_t>(rewriting.place.value_or(0)), ours.begin(),
                         ours.end());
    out.added = true;
    return out;
}

}  // namespace tmplbuild::nvccfront
