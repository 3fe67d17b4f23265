// SPDX-License-Identifier: Apache-2.0
#include "console/files/zip_stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <ctime>

namespace tmplbuild::console::files {

namespace {

constexpr std::uint64_t large = 0xffffffff;
constexpr unsigned flags = 0x0808;                               // sizes behind the data, names in UTF-8
constexpr unsigned version = 45, made_by = (3U << 8) | version;  // 4.5: ZIP64; 3: modes are Unix's

class Bytes {
  public:
    Bytes& u16(std::uint64_t value) { return number(value, 2); }
    Bytes& u32(std::uint64_t value) { return number(value, 4); }
    Bytes& u64(std::uint64_t value) { return number(value, 8); }
    Bytes& text(std::string_view value) {
        out_ += value;
        return *this;
    }
    const std::string& all() const { return out_; }

  private:
    Bytes& number(std::uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) out_ += static_cast<char>((value >> (8 * i)) & 0xff);
        return *this;
    }
    std::string out_{};
};

// Date and time as MS-DOS has them, from 1980 to 2107.
std::uint32_t dos_time(std::int64_t seconds) {
    const std::time_t at = seconds;
    std::tm parts{};
    ::gmtime_r(&at, &parts);
    const int year = std::clamp(parts.tm_year - 80, 0, 127);
    return static_cast<std::uint32_t>((year << 25) | ((parts.tm_mon + 1) << 21) | (parts.tm_mday << 16) |
                                      (parts.tm_hour << 11) | (parts.tm_min << 5) | (parts.tm_sec / 2));
}

// The time to the second, for programs that read it.
std::string time_field(std::int64_t seconds) {
    if (seconds < 0 || seconds > INT32_MAX) return {};
    return Bytes().u16(0x5455).u16(5).text("\x01").u32(static_cast<std::uint64_t>(seconds)).all();
}

}  // namespace

Reply<void> ZipStream::put(const std::string& text) {
    offset_ += text.size();
    return sink_(text);
}

Reply<void> ZipStream::begin_entry(std::string_view name, std::uint64_t size, std::int64_t modified, unsigned mode) {
    entry_ = {std::string(name), 0, offset_, modified, mode, 0, size >= large};
    std::string more = time_field(modified);
    if (entry_.is_large) more += Bytes().u16(1).u16(16).u64(0).u64(0).all();
    const std::uint64_t unknown = entry_.is_large ? large : 0;
    Bytes head;
    head.text("PK\x03\x04").u16(version).u16(flags).u16(0).u32(dos_time(modified)).u32(0).u32(unknown).u32(unknown);
    return put(head.u16(name.size()).u16(more.size()).text(name).text(more).all());
}

Reply<void> ZipStream::write(std::string_view data) {
    entry_.crc = static_cast<std::uint32_t>(
        ::crc32_z(entry_.crc, reinterpret_cast<const unsigned char*>(data.data()), data.size()));
    entry_.size += data.size();
    offset_ += data.size();
    return sink_(data);
}

Reply<void> ZipStream::end_entry() {
    Bytes after;
    after.text("PK\x07\x08").u32(entry_.crc);
    if (entry_.is_large)
        after.u64(entry_.size).u64(entry_.size);
    else
        after.u32(entry_.size).u32(entry_.size);
    // In the directory each number is large by itself.
    const bool large_size = entry_.size >= large, large_offset = entry_.offset >= large;
    Bytes more;
    if (large_size || large_offset) more.u16(1).u16((large_size ? 16 : 0) + (large_offset ? 8 : 0));
    if (large_size) more.u64(entry_.size).u64(entry_.size);
    if (large_offset) more.u64(entry_.offset);
    const std::string fields = time_field(entry_.modified) + more.all();
    const std::uint64_t size = large_size ? large : entry_.size;
    Bytes row;
    row.text("PK\x01\x02").u16(made_by).u16(version).u16(flags).u16(0).u32(dos_time(entry_.modified)).u32(entry_.crc);
    row.u32(size).u32(size).u16(entry_.name.size()).u16(fields.size()).u16(0).u16(0).u16(0);
    const bool is_folder = entry_.name.ends_with('/');
    row.u32((static_cast<std::uint64_t>(entry_.mode) << 16) | (is_folder ? 0x10U : 0U));
    row.u32(large_offset ? large : entry_.offset).text(entry_.name).text(fields);
    directory_ += row.all();
    ++entries_;
    return put(after.all());
}

Reply<void> ZipStream::finish() {
    const std::uint64_t begin = offset_, size = directory_.size();
    if (auto sent = put(directory_); !sent) return sent;
    Bytes end;
    if (entries_ >= 0xffff || begin >= large || size >= large) {
        const std::uint64_t here = offset_;
        end.text("PK\x06\x06").u64(44).u16(made_by).u16(version).u32(0).u32(0);
        end.u64(entries_).u64(entries_).u64(size).u64(begin);
        end.text("PK\x06\x07").u32(0).u64(here).u32(1);
    }
    end.text("PK\x05\x06").u16(0).u16(0).u16(std::min<std::uint64_t>(entries_, 0xffff));
    end.u16(std::min<std::uint64_t>(entries_, 0xffff)).u32(std::min(size, large)).u32(std::min(begin, large)).u16(0);
    return put(end.all());
}

std::string zip_name(std::string_view shown) {
    std::string out(shown);
    for (char& c : out)
        if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
    return out;
}

}  // namespace tmplbuild::console::files
