// SPDX-License-Identifier: Apache-2.0
#include "console/files/multipart.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::size_t filled_at_once = 256 << 10, longest_headers = 16 << 10, longest_boundary = 70;
constexpr int most_parts = 10'000;

Refusal broken(const char* what) { return {400, std::string("the form's body is broken: ") + what, {}}; }

// The value of a parameter of a header: name=value or name="value", where a backslash and a percent sign take nothing
// away (browsers write a quote as %22).
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
    std::size_t at = header.find(';');
    while (at != std::string_view::npos && at < header.size()) {
        std::string_view rest = header.substr(at + 1);
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const std::string key = to_lower(trim(rest.substr(0, equals)));
        rest = trim(rest.substr(equals + 1));
        std::string value;
        std::size_t end = 0;
        if (rest.starts_with('"')) {
            end = rest.find('"', 1);
            if (end == std::string_view::npos) return std::nullopt;
            value = rest.substr(1, end - 1);
            ++end;
        } else {
            end = std::min(rest.find(';'), rest.size());
            value = trim(rest.substr(0, end));
        }
        if (key == name) return value;
        at = header.find(';', static_cast<std::size_t>(rest.data() - header.data()) + end);
    }
    return std::nullopt;
}

// What browsers write in place of a quote and of line ends (the HTML standard, "multipart/form-data encoding").
std::string unescaped(std::string text) {
    for (const auto& [from, to] : {std::pair{"%22", "\""}, {"%0D", "\r"}, {"%0A", "\n"}})
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; ++at) text.replace(at, 3, to);
    return text;
}

}  // namespace

Multipart::Multipart(Source source, std::string boundary)
    // The first mark may stand at the very beginning, without its line's end.
    : source_(std::move(source)), mark_("\r\n--" + std::move(boundary)), buffer_("\r\n") {}

Reply<std::string> Multipart::boundary_of(std::string_view content_type) {
    if (to_lower(trim(content_type.substr(0, content_type.find(';')))) != "multipart/form-data")
        return Refusal{415, "the request's body is no multipart/form-data", "send files as a form does"};
    auto boundary = parameter(content_type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > longest_boundary)
        return Refusal{400, "the request's Content-Type has no boundary of 1 to 70 characters", {}};
    return std::move(*boundary);
}

Reply<void> Multipart::fill() {
    buffer_.erase(0, taken_);
    taken_ = 0;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + filled_at_once);
    const auto got = source_({buffer_.data() + before, filled_at_once});
    buffer_.resize(before + (got ? *got : 0));
    if (!got) return got.error();
    if (*got == 0) return broken("it ends before its last boundary");
    return {};
}

Reply<std::size_t> Multipart::read(std::span<char> into) {
    if (!in_part_ || into.empty()) return std::size_t{0};
    for (;;) {
        const std::string_view known = std::string_view(buffer_).substr(taken_);
        const std::size_t mark = known.find(mark_);
        if (mark == 0) {
            in_part_ = false;
            return std::size_t{0};
        }
        // Up to the mark, or to where one could have begun.
        const std::size_t unsure = std::min(known.size(), mark_.size() - 1);
        const std::size_t sure = mark != std::string_view::npos ? mark : known.size() - unsure;
        if (sure == 0) {
            if (auto more = fill(); !more) return more.error();
            continue;
        }
        const std::size_t size = std::min(sure, into.size());
        std::copy_n(known.data(), size, into.data());
        taken_ += size;
        return size;
    }
}

Reply<std::string> Multipart::read_value(std::size_t limit) {
    std::string out(limit + 1, '\0');
    std::size_t size = 0;
    for (;;) {
        const auto got = read({out.data() + size, out.size() - size});
        if (!got) return got.error();
        size += *got;
        if (size > limit) return Refusal{413, "a value of the form is too long", {}};
        if (*got != 0) continue;
        out.resize(size);
        return out;
    }
}

Reply<std::string> Multipart::read_line() {
    for (;;) {
        const std::size_t end = buffer_.find("\r\n", taken_);
        if (end != std::string::npos && end - taken_ <= longest_headers) {
            std::string line = buffer_.substr(taken_, end - taken_);
            taken_ = end + 2;
            return line;
        }
        if (buffer_.size() - taken_ > longest_headers) return Refusal{431, "the headers of a part are too long", {}};
        if (auto more = fill(); !more) return more.error();
    }
}

Reply<FormPart> Multipart::read_headers() {
    FormPart out;
    bool is_named = false;
    std::size_t all = 0;
    for (;;) {
        const auto line = read_line();
        if (!line) return line.error();
        if (line->empty()) break;
        all += line->size();
        if (all > longest_headers) return Refusal{431, "the headers of a part are too long", {}};
        const std::size_t colon = line->find(':');
        if (colon == std::string::npos) return broken("a part's header has no colon");
        if (to_lower(trim(line->substr(0, colon))) != "content-disposition") continue;
        const std::string_view value = trim(std::string_view(*line).substr(colon + 1));
        const auto name = parameter(value, "name");
        if (name) out.name = unescaped(*name);
        is_named = name.has_value();
        if (auto file = parameter(value, "filename")) out.file_name = unescaped(std::move(*file));
    }
    if (!is_named) return broken("a part has no name");
    return out;
}

Reply<std::optional<FormPart>> Multipart::next() {
    std::string rest(64 << 10, '\0');
    if (parts_ == 0) in_part_ = true;  // what stands before the first mark is passed over
    for (;;) {
        const auto got = is_over_ ? Reply<std::size_t>(std::size_t{0}) : read(rest);
        if (!got) return got.error();
        if (*got == 0) break;
    }
    if (is_over_) return std::optional<FormPart>();
    if (++parts_ > most_parts) return Refusal{413, "the form has more than 10000 parts", "send them in several forms"};
    taken_ += mark_.size();
    const auto line = read_line_after_mark();
    if (!line) return line.error();
    if (line->starts_with("--")) {
        is_over_ = true;
        return std::optional<FormPart>();
    }
    if (!trim(*line).empty()) return broken("a boundary is followed by something else");
    auto part = read_headers();
    if (!part) return part.error();
    in_part_ = true;
    return std::optional<FormPart>(std::move(*part));
}

// "--" ends the form, also where nothing comes after it.
Reply<std::string> Multipart::read_line_after_mark() {
    while (buffer_.size() - taken_ < 2)
        if (auto more = fill(); !more) return more.error();
    if (buffer_.compare(taken_, 2, "--") == 0) return std::string("--");
    return read_line();
}

}  // namespace tmplbuild::console::files
