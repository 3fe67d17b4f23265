// SPDX-License-Identifier: Apache-2.0
#include "console/files/entry.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <ctime>

#include "base/json.hpp"
#include "base/text.hpp"
#include "console/files/kinds.hpp"
#include "console/files/names.hpp"
#include "console/files/walk.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::int64_t most_counted = 100'000;

void add_two(std::string& text, int number) {
    text += static_cast<char>('0' + number / 10 % 10);
    text += static_cast<char>('0' + number % 10);
}

std::string time_text(std::time_t at) {
    std::tm parts{};
    if (::gmtime_r(&at, &parts) == nullptr) return {};
    std::string out = std::to_string(parts.tm_year + 1900);
    for (const auto& [mark, number] : {std::pair{'-', parts.tm_mon + 1},
                                       {'-', parts.tm_mday},
                                       {' ', parts.tm_hour},
                                       {':', parts.tm_min},
                                       {':', parts.tm_sec}}) {
        out += mark;
        add_two(out, number);
    }
    return out;
}

void add_field(std::string& json, const char* name, std::string_view text) {
    json.append(",\"").append(name).append("\":");
    add_text(json, text);
}
void add_field(std::string& json, const char* name, std::int64_t number) {
    json.append(",\"").append(name).append("\":").append(std::to_string(number));
}
void add_flag(std::string& json, const char* name, bool is_set) {
    json.append(",\"").append(name).append("\":").append(is_set ? "true" : "false");
}
void add_count(std::string& json, const char* name, std::int64_t number) {
    json.append(",\"").append(name).append("\":").append(number < 0 ? "null" : std::to_string(number));
}

// Which of the mode's three digits counts for this process. Root may do all but execute what nobody may.
unsigned rights(const struct stat& info) {
    static const uid_t user = ::geteuid();
    static const gid_t group = ::getegid();
    if (user == 0) return 7;
    if (info.st_uid == user) return (info.st_mode >> 6) & 7;
    return (info.st_gid == group ? info.st_mode >> 3 : info.st_mode) & 7;
}

std::string permissions(mode_t mode) {
    const auto digit = [&](int shift) { return static_cast<char>('0' + ((mode >> shift) & 7)); };
    return {digit(6), digit(3), digit(0)};
}

}  // namespace

void add_text(std::string& json, std::string_view text) {
    static const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
    if (std::all_of(text.begin(), text.end(), is_plain))
        json.append("\"").append(text).append("\"");
    else
        json += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

void look_at_entry(const Roots& roots, const Place& folder, int fd, Entry& entry) {
    entry.is_known = true;
    if (::fstatat(fd, entry.name.c_str(), &entry.info, AT_SYMLINK_NOFOLLOW) != 0) return;
    entry.is_link = S_ISLNK(entry.info.st_mode);
    struct stat target {};
    if (entry.is_link && roots.follow(folder.child(entry.name), target)) entry.info = target;
}

Counts count_entries(int folder, const std::string& name) {
    sys::Fd fd(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return {};
    Counts out{0, 0};
    Names names(std::move(fd));
    unsigned char type = 0;
    while (names.next(type) != nullptr) {
        (type == DT_DIR ? out.folders : out.files) += 1;
        if (out.files + out.folders > most_counted) return {};
    }
    return out;
}

void add_entry(std::string& json, const std::string& folder, const Entry& entry, const Counts& counts) {
    const bool is_folder = entry.is_folder();
    const FileKind kind = is_folder ? FileKind{"inode/directory", "folder"} : kind_of(entry.name);
    const auto size = static_cast<std::int64_t>(is_folder ? 0 : entry.info.st_size);
    json += "{\"name\":";
    const std::string name = shown(entry.name);
    add_text(json, name);
    add_field(json, "path", folder + "/" + name);
    add_field(json, "size", size);
    add_field(json, "size_formatted", is_folder ? "" : human_bytes(static_cast<std::uint64_t>(size)));
    add_field(json, "modified", time_text(entry.info.st_mtime));
    add_field(json, "modified_timestamp", entry.info.st_mtime);
    add_field(json, "type", is_folder ? "directory" : "file");
    add_field(json, "mime_type", kind.mime_type);
    add_field(json, "category", kind.category);
    add_field(json, "permissions", permissions(entry.info.st_mode));
    add_flag(json, "is_readable", (rights(entry.info) & 4) != 0);
    add_flag(json, "is_writable", (rights(entry.info) & 2) != 0);
    add_field(json, "extension", is_folder ? "" : extension_of(entry.name));
    add_flag(json, "is_link", entry.is_link);
    if (is_folder) {
        add_count(json, "file_count", counts.files);
        add_count(json, "dir_count", counts.folders);
    }
    json += '}';
}

bool is_writable(int folder, const char* name) { return ::faccessat(folder, name, W_OK, AT_EACCESS) == 0; }

}  // namespace tmplbuild::console::files
