// SPDX-License-Identifier: Apache-2.0
// The few directives of a PTX text that decide where it runs (PTX ISA, "Directives": .version, .target, .entry).
#include <array>
#include <optional>

#include "base/text.hpp"
#include "kernel/arch.hpp"
#include "kernel/cubin.hpp"

namespace tmplbuild::kernel {

namespace {

// The words of a PTX text: comments and strings are skipped; ",", ";" and brackets separate words as white space does.
class PtxWords {
  public:
    explicit PtxWords(std::string_view text) : text_(text) {}

    // Empty at the end of the text.
    std::string_view next() {
        skip();
        const std::size_t start = at_;
        while (at_ < text_.size() && !ends_word()) ++at_;
        return text_.substr(start, at_ - start);
    }

  private:
    // A table instead of a search for each byte, since NVIDIA's libraries carry hundreds of megabytes of PTX.
    enum Kind : char { plain, separator, quote, slash };
    static constexpr std::array<Kind, 256> kinds = [] {
        std::array<Kind, 256> out{};
        for (const char c : std::string_view(" \t\r\n\f\v,;(){}[]")) out[static_cast<unsigned char>(c)] = separator;
        out['"'] = quote;
        out['/'] = slash;
        return out;
    }();
    Kind kind(std::size_t at) const { return kinds[static_cast<unsigned char>(text_[at])]; }
    bool ends_word() const {
        const Kind is = kind(at_);
        return is != plain && (is != slash || starts("//") || starts("/*"));
    }
    bool starts(std::string_view mark) const { return text_.substr(at_).starts_with(mark); }
    void skip_past(std::string_view mark) {
        const std::size_t end = text_.find(mark, at_);
        at_ = end == std::string_view::npos ? text_.size() : end + mark.size();
    }
    void skip() {
        while (at_ < text_.size()) {
            const Kind is = kind(at_);
            if (is == separator) {
                ++at_;
            } else if (is == quote) {
                ++at_;
                while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
                ++at_;
            } else if (is == slash && starts("//")) {
                skip_past("\n");
            } else if (is == slash && starts("/*")) {
                at_ += 2;
                skip_past("*/");
            } else {
                return;
            }
        }
        at_ = text_.size();
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Ptx> read_ptx(std::string_view text, const EntryClaim& claim) {
    while (text.ends_with('\0')) text.remove_suffix(1);  // the text is padded to eight bytes
    if (text.find('\0') != std::string_view::npos) return build_error("it is no PTX text");
    Ptx ptx;
    ptx.bytes = text.size();
    std::optional<Version> version;
    std::optional<Arch> target;
    PtxWords words(text);
    for (auto word = words.next(); !word.empty(); word = words.next()) {
        if (word == ".entry") ++ptx.kernels;
        if (word == ".version") {
            const auto read = Version::parse(words.next());
            if (version || !read) return build_error("its .version cannot be read");
            version = *read;
        }
        if (word == ".target") {
            const auto name = words.next();
            const auto read = Arch::parse(name);
            if (target || !name.starts_with("sm_") || !read) return build_error("its .target cannot be read");
            target = *read;
        }
    }
    if (!version || !target) return build_error("it is no PTX text: it has no .version or no .target");
    const bool agrees = (!claim.specific || target->suffix == 'a') && (!claim.family || target->suffix == 'f');
    if (target->sm != static_cast<int>(claim.sm) || !agrees)
        return build_error("its .target " + target->to_string() + " is not what its entry says");
    ptx.sm = target->sm;
    ptx.suffix = target->suffix;
    ptx.isa = *version;
    return ptx;
}

}  // namespace tmplbuild::kernel
