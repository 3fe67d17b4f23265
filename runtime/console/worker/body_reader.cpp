// SPDX-License-Identifier: Apache-2.0
#include "console/worker/body_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::size_t longest_line = 4096;  // of a chunk's size and of a trailer
constexpr int most_trailers = 64;

Refusal too_long(std::uint64_t limit) {
    return {413, "the request's body is too long: " + human_bytes(limit) + " are taken", {}};
}
Refusal bad_chunk() { return {400, "the request's body is broken: its chunks make no sense", {}}; }
Refusal cut_off() { return {0, "the request's body ended before its length", {}}; }

}  // namespace

BodyReader::BodyReader(Connection& connection, const HeaderList& headers) : connection_(connection) {
    // The server has read the head: a length is a number, and comes never together with chunks.
    length_ = 0;
    for (const auto& [name, value] : headers) {
        if (name == "content-length")
            length_ = static_cast<std::uint64_t>(parse_whole(value, 0, INT64_MAX).value_or(0));
        if (name == "transfer-encoding" && to_lower(value).find("chunked") != std::string::npos) is_chunked_ = true;
        if (name == "expect" && to_lower(value) == "100-continue") expects_word_ = true;
    }
    if (is_chunked_) length_.reset();
    left_ = length_.value_or(0);
    is_done_ = !is_chunked_ && left_ == 0;
}

Reply<void> BodyReader::set_limit(std::uint64_t bytes) {
    limit_ = bytes;
    if (length_ && *length_ > bytes) return too_long(bytes);
    return {};
}

Reply<void> BodyReader::begin() {
    if (!std::exchange(expects_word_, false)) return {};
    return connection_.write("HTTP/1.1 100 Continue\r\n\r\n");
}

Reply<std::string> BodyReader::read_line() {
    std::string out;
    for (char c = 0; out.size() <= longest_line;) {
        const auto got = connection_.read({&c, 1});
        if (!got) return got.error();
        if (*got == 0) return cut_off();
        out += c;
        if (out.ends_with("\r\n")) return out.substr(0, out.size() - 2);
        if (c == '\n') return bad_chunk();
    }
    return bad_chunk();
}

// Reads up to the next chunk's first byte, or to the end of the last one and its trailers.
Reply<void> BodyReader::next_chunk() {
    if (std::exchange(is_in_chunks_, true)) {
        const auto end = read_line();
        if (!end) return end.error();
        if (!end->empty()) return bad_chunk();
    }
    const auto line = read_line();
    if (!line) return line.error();
    const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), left_, 16);
    const std::string_view rest(end, static_cast<std::size_t>(line->data() + line->size() - end));
    if (error != std::errc() || left_ > INT64_MAX || !(rest.empty() || trim(rest).starts_with(';'))) return bad_chunk();
    if (left_ != 0) return {};
    for (int i = 0; i < most_trailers; ++i) {
        const auto trailer = read_line();
        if (!trailer) return trailer.error();
        if (!trailer->empty()) continue;
        is_done_ = true;
        return {};
    }
    return bad_chunk();
}

Reply<std::size_t> BodyReader::read(std::span<char> into) {
    if (auto said = begin(); !said) return said.error();
    if (is_chunked_ && !is_done_ && left_ == 0)
        if (auto next = next_chunk(); !next) return next.error();
    if (is_done_ || into.empty()) return std::size_t{0};
    return read_part(into.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()))));
}

Reply<std::size_t> BodyReader::read_part(std::span<char> into) {
    const auto got = connection_.read(into);
    if (!got) return got.error();
    if (*got == 0) return cut_off();
    taken_ += *got;
    left_ -= *got;
    if (taken_ > limit_) return too_long(limit_);
    if (!is_chunked_ && left_ == 0) is_done_ = true;
    return *got;
}

Reply<std::string> BodyReader::read_all(std::uint64_t limit) {
    if (auto set = set_limit(limit); !set) return set.error();
    std::string out;
    std::array<char, 16384> part{};
    for (;;) {
        const auto got = read(part);
        if (!got) return got.error();
        if (*got == 0) return out;
        out.append(part.data(), *got);
    }
}

}  // namespace tmplbuild::console
