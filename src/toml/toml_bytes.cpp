// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <optional>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "toml/toml_text.hpp"

namespace tmplbuild::toml_tree {
namespace {

// Follows strings and comments just far enough to know which brackets and dots belong to TOML itself.
class Scanner {
  public:
    Scanner(std::string_view text, const std::string& file) : text_(text), pos_{file, 1, 1} {}

    std::optional<Error> run() {
        while (at_ < text_.size()) {
            const Utf8Character next = first_character(text_.substr(at_));
            if (!next.valid) return fail("the file is not valid UTF-8", "save it as UTF-8, as TOML requires");
            if (text_[at_] == '\0') return fail("the file holds a NUL byte", "TOML is plain text");
            if (auto error = step()) return error;
            advance(next.size);
        }
        return std::nullopt;
    }

  private:
    enum class Mode { plain, comment, basic, literal, long_basic, long_literal };

    Error fail(std::string message, std::string hint) const {
        Error error = usage_error(std::move(message), std::move(hint));
        error.where = pos_;
        return error;
    }

    void advance(std::size_t bytes) {
        if (text_[at_] == '\n') {
            ++pos_.line;
            pos_.column = 1;
        } else {
            ++pos_.column;
        }
        at_ += bytes;
    }

    bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

    void open_string(Mode single, Mode triple, std::string_view three) {
        if (starts(three)) {
            mode_ = triple;
            advance(1);
            advance(1);
        } else {
            mode_ = single;
        }
    }

    void close_long(std::string_view three) {
        if (!starts(three)) return;
        mode_ = Mode::plain;
        advance(1);
        advance(1);
    }

    std::optional<Error> step() {
        const char c = text_[at_];
        switch (mode_) {
            case Mode::plain:
                return plain(c);
            case Mode::comment:
                if (c == '\n') mode_ = Mode::plain;
                break;
            case Mode::basic:
                if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] > ' ') advance(1);
                if (c == '"' || c == '\n') mode_ = Mode::plain;
                break;
            case Mode::literal:
                if (c == '\'' || c == '\n') mode_ = Mode::plain;
                break;
            case Mode::long_basic:
                if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] > ' ')
                    advance(1);
                else if (c == '"')
                    close_long("\"\"\"");
                break;
            case Mode::long_literal:
                if (c == '\'') close_long("'''");
                break;
        }
        return std::nullopt;
    }

    std::optional<Error> plain(char c) {
        if (c == '#') mode_ = Mode::comment;
        if (c == '"') open_string(Mode::basic, Mode::long_basic, "\"\"\"");
        if (c == '\'') open_string(Mode::literal, Mode::long_literal, "'''");
        if (c == '.' && ++dots_ >= max_key_parts)
            return fail("a dotted key has more than " + std::to_string(max_key_parts) + " parts",
                        "no key of a template is that deep");
        if (c == '=' || c == ',' || c == '\n' || c == '[' || c == '{') dots_ = 0;
        if ((c == '[' || c == '{') && ++depth_ > max_toml_depth)
            return fail("values are nested more than " + std::to_string(max_toml_depth) + " deep",
                        "no value of a template is that deep");
        if ((c == ']' || c == '}') && depth_ > 0) --depth_;
        return std::nullopt;
    }

    std::string_view text_;
    SourcePos pos_;
    std::size_t at_ = 0, depth_ = 0, dots_ = 0;
    Mode mode_ = Mode::plain;
};

}  // namespace

Result<void> check_toml_bytes(std::string_view text, const std::string& file, std::size_t limit) {
    if (text.size() > limit) {
        Error error =
            usage_error("the file is " + human_bytes(text.size()) + "; it may have at most " + human_bytes(limit),
                        "large content belongs in files that a 'files' layer copies");
        error.where = SourcePos{file, 0, 0};
        return error;
    }
    if (auto error = Scanner(text, file).run()) return *error;
    return {};
}

}  // namespace tmplbuild::toml_tree
