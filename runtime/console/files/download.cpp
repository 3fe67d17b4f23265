// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "console/files/downloads.hpp"
#include "console/files/kinds.hpp"
#include "console/files/names.hpp"
#include "console/files/ranges.hpp"
#include "console/files/values.hpp"

namespace tmplbuild::console::files {

namespace {

FileState state_of(const struct stat& info) {
    std::array<char, 96> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "\"%llx-%llx-%llx\"", static_cast<unsigned long long>(info.st_ino),
                      static_cast<unsigned long long>(info.st_size),
                      static_cast<unsigned long long>(info.st_mtim.tv_sec) * 1'000'000'000ULL +
                          static_cast<unsigned long long>(info.st_mtim.tv_nsec));
    return {std::string(text.data(), static_cast<std::size_t>(size)), http_date(info.st_mtim.tv_sec)};
}

}  // namespace

std::string disposition(const char* kind, std::string_view name) {
    const std::string text = shown(name);
    std::string plain;
    for (const char c : text)
        plain += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e || c == '"' ||
                         c == '\\' || c == '%'
                     ? '_'
                     : c;
    return std::string(kind) + "; filename=\"" + plain + "\"; filename*=UTF-8''" + percent_encoded(text);
}

Reply<void> download(Conversation& talk, const Roots& roots) {
    const auto given = Values::of(talk);
    if (!given) return given.error();
    const auto place = roots.place(given->text("path"));
    if (!place) return place.error();
    struct stat info {};
    const auto file = roots.open_file(*place, info);
    if (!file) return file.error();
    const std::string shown_type = given->flag("inline") ? inline_type(kind_of(place->name())) : std::string();
    const std::string type = shown_type.empty() ? "application/octet-stream" : shown_type;
    const FileState state = state_of(info);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const auto head_of = [&](unsigned status) {
        Answer head = file_answer(status, type);
        head.with("ETag", state.etag).with("Last-Modified", state.modified).with("Accept-Ranges", "bytes");
        return head.with("Content-Disposition",
                         disposition(shown_type.empty() ? "attachment" : "inline", place->name()));
    };
    if (has_it_already(state, talk.header("if-none-match"), talk.header("if-modified-since"))) {
        talk.answer(head_of(304));
        return {};
    }
    const std::string range = range_counts(state, talk.header("if-range")) ? talk.header("range") : std::string();
    const Part part = part_of(range, size);
    Answer head = head_of(part.kind == Part::Kind::part ? 206 : 200);
    if (part.kind == Part::Kind::unsatisfiable) {
        Answer refused = error_answer(416, "the file has no such part: it has " + std::to_string(size) + " bytes");
        talk.answer(refused.with("Content-Range", "bytes */" + std::to_string(size)));
        return {};
    }
    if (part.kind == Part::Kind::part)
        head.with("Content-Range", "bytes " + std::to_string(part.first) + "-" +
                                       std::to_string(part.first + part.size - 1) + "/" + std::to_string(size));
    if (auto begun = talk.begin(head, BodyLength::of(part.size)); !begun) return begun;
    if (auto sent = talk.send_file(file->get(), part.first, part.size); !sent) return sent;
    return talk.end();
}

}  // namespace tmplbuild::console::files
