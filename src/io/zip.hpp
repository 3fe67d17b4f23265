// SPDX-License-Identifier: Apache-2.0
// Reads a zip archive: its members as the central directory lists them, and one member's content as a stream, by
// libzip. Used for wheels and other fetched archives. Names stay raw bytes and are not judged here, except that none
// may come twice. Never writes to disk, never holds more than a few buffers of content, and never ends a content whose
// CRC was wrong without an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::io {

struct ZipMember {
    std::uint64_t index = 0;  // index in the central directory; read() takes it
    std::string name;         // raw bytes; a folder's ends with '/'
    std::uint64_t size = 0;   // bytes, uncompressed
    std::uint32_t crc = 0;    // CRC-32 of the content
    std::uint32_t mode = 0;   // the upper half of the external attributes: st_mode where Unix wrote it, else 0
    // The DOS time read as UTC, in seconds: a zip names no zone, and the machine's must not matter.
    std::int64_t mtime = 0;
    bool is_folder() const { return name.ends_with('/'); }
    bool is_symlink() const { return (mode & 0170000) == 0120000; }
    bool is_plain() const { return (mode & 0170000) == 0 || (mode & 0170000) == 0100000; }
    bool is_executable() const { return (mode & 0170000) == 0100000 && (mode & 0111) != 0; }  // the rule of pip
};

class ZipReader {
  public:
    using Sink = std::function<Result<void>(std::span<const std::byte>)>;

    // Errors name the file: it is no zip, is damaged, or has several discs.
    static Result<ZipReader> open(const std::filesystem::path& file);
    ZipReader(ZipReader&&) noexcept;
    ZipReader& operator=(ZipReader&&) noexcept;
    ~ZipReader();

    // All members, in the archive's order. Refused are encrypted members, compressions that libzip cannot undo, a name
    // twice, more than 1,000,000 members.
    Result<std::vector<ZipMember>> members() const;
    // One member's content, read by the caller; it must end before its ZipReader does.
    class Content {
      public:
        Content(Content&&) noexcept;
        Content& operator=(Content&&) noexcept;
        ~Content();
        // Returns the bytes read; 0 at the end. An error when the content is not `member.size` bytes long or its CRC is
        // wrong, which is known only at the end.
        Result<std::size_t> read(std::span<std::byte> into);

      private:
        friend ZipReader;
        struct Open;
        explicit Content(std::unique_ptr<Open> open);
        std::unique_ptr<Open> open_;
    };
    Result<Content> open(const ZipMember& member) const { return open(member.index, member.size); }
    // Passes the content to `sink` in pieces of at most 256 KiB. Each reader reads one member at a time.
    Result<void> read(const ZipMember& member, const Sink& sink) const { return read(member.index, member.size, sink); }
    Result<void> read(std::uint64_t index, std::uint64_t size, const Sink& sink) const;
    Result<std::string> read_text(const ZipMember& member, std::uint64_t limit) const;  // `limit` is in bytes

  private:
    Result<Content> open(std::uint64_t index, std::uint64_t size) const;
    struct Impl;
    explicit ZipReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::io
