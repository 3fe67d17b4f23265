// SPDX-License-Identifier: Apache-2.0
// The plain functions of SHA-256: the newer ones cannot give their state away.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "console/files/arrival.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "console/files/names.hpp"
#include "console/files/transfer.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr int most_names = 10'000;

std::string hex_of(std::span<const unsigned char> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const unsigned char byte : bytes) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

}  // namespace

RunningHash::RunningHash() { ::SHA256_Init(&context_); }

void RunningHash::update(std::string_view data) {
    ::SHA256_Update(&context_, data.data(), data.size());
    bytes_ += data.size();
}

std::string RunningHash::hex() const {
    SHA256_CTX copy = context_;
    std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
    ::SHA256_Final(out.data(), &copy);
    return hex_of(out);
}

std::string RunningHash::to_text() const {
    std::array<unsigned char, sizeof context_> bytes{};
    std::memcpy(bytes.data(), &context_, sizeof context_);
    return std::to_string(bytes_) + ":" + hex_of(bytes);
}

std::optional<RunningHash> RunningHash::parse(std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto bytes = parse_whole(text.substr(0, colon), 0, INT64_MAX);
    if (colon == std::string_view::npos || !bytes || text.size() - colon - 1 != 2 * sizeof(SHA256_CTX))
        return std::nullopt;
    std::array<unsigned char, sizeof(SHA256_CTX)> raw{};
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const auto digit = [&](char c) { return std::string_view("0123456789abcdef").find(c); };
        const std::size_t high = digit(text[colon + 1 + 2 * i]), low = digit(text[colon + 2 + 2 * i]);
        if (high > 15 || low > 15) return std::nullopt;
        raw[i] = static_cast<unsigned char>(high << 4 | low);
    }
    RunningHash out;
    std::memcpy(&out.context_, raw.data(), sizeof out.context_);
    // A length that is none would be read beyond the block.
    if (out.context_.num >= SHA256_CBLOCK || out.context_.md_len != SHA256_DIGEST_LENGTH) return std::nullopt;
    out.bytes_ = static_cast<std::uint64_t>(*bytes);
    return out;
}

Reply<Conflict> conflict_of(std::string_view word) {
    if (word.empty() || word == "refuse") return Conflict::refuse;
    if (word == "keep-both") return Conflict::keep_both;
    if (word == "replace") return Conflict::replace;
    return Refusal{400, "conflict cannot be '" + std::string(word) + "'", "it is refuse, keep-both or replace"};
}

Reply<Target> Target::of(const Roots& roots, std::string_view folder, std::string_view name,
                         std::string_view conflict) {
    Target out;
    out.name = real(name);
    for (const std::string& part : split(out.name, '/'))
        if (auto right = check_name(part); !right) return right.error();
    const auto place = roots.place(folder);
    if (!place) return place.error();
    out.folder = *place;
    // The whole must not lead to what is kept, either.
    if (auto whole = roots.place(shown(out.place().path())); !whole) return whole.error();
    const auto meant = conflict_of(conflict);
    if (!meant) return meant.error();
    out.conflict = *meant;
    return out;
}

Reply<void> Target::check_free(const Roots& roots) const {
    const auto there = roots.look_at(place());
    if (!there) return there.error().status == 404 ? Reply<void>() : there.error();
    if (conflict == Conflict::keep_both || (conflict == Conflict::replace && !S_ISDIR(there->st_mode))) return {};
    return Refusal{409, "'" + shown(place().path()) + "' is there already",
                   S_ISDIR(there->st_mode) ? "it is a folder: choose another name" : "replace it, or keep both"};
}

Reply<void> check_space(int folder, std::uint64_t bytes) {
    struct statvfs disk {};
    if (::fstatvfs(folder, &disk) != 0 || disk.f_blocks == 0) return {};
    const std::uint64_t free = static_cast<std::uint64_t>(disk.f_frsize) * disk.f_bavail;
    if (bytes <= free) return {};
    return Refusal{507, human_bytes(bytes) + " do not fit: " + human_bytes(free) + " are free",
                   "delete something, empty the trash, or make the volume larger"};
}

Refusal no_space(std::string_view path, int code) {
    if (code == EDQUOT)
        return {507, "'" + shown(path) + "' cannot be written: the volume's quota is used up",
                "delete something, empty the trash, or make the volume larger"};
    return failed("write", path, code);
}

static Reply<Place> put_in_place(const Roots& roots, const Target& target, const Named& part) {
    const Place wanted = target.place();
    const auto parent = roots.make_folders(wanted.parent());
    if (!parent) return parent.error();
    Place place = wanted;
    for (int number = 2;; ++number) {
        const Named to{parent->get(), place.name()};
        const bool replaces = target.conflict == Conflict::replace;
        const int code = replaces
                             ? (::renameat(part.folder, part.name.c_str(), to.folder, to.name.c_str()) == 0 ? 0 : errno)
                             : rename_to_free(part, to);
        if (code == 0) {
            (void)::fsync(parent->get());
            return place;
        }
        if (code == EEXIST && target.conflict == Conflict::keep_both && number < most_names) {
            place = wanted.parent().child(numbered(wanted.name(), number));
            if (auto right = check_name(place.name()); !right) return right.error();
            continue;
        }
        if (code == EEXIST || code == EISDIR || code == ENOTEMPTY)
            return Refusal{409, "'" + shown(place.path()) + "' is there already", "replace it, or keep both"};
        if (code == EXDEV)
            return Refusal{409, "'" + shown(place.path()) + "' is on another file system than " + place.root->path,
                           "upload into " + place.root->path + " and move it from there"};
        return failed("name", place.path(), code);
    }
}

Reply<Place> give_name(const Roots& roots, const Target& target, int folder, const std::string& part,
                       std::optional<std::int64_t> modified, Line& line) {
    const sys::Fd file(::openat(folder, part.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) return failed("open", part, errno);
    if (modified) {
        const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, timespec{*modified, 0}};
        ::futimens(file.get(), times.data());
    }
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(file.get(), 0666 & ~mask);
    line.long_step();
    if (::fsync(file.get()) != 0) return no_space(target.place().path(), errno);
    line.at_work();
    return put_in_place(roots, target, {folder, part});
}

}  // namespace tmplbuild::console::files
