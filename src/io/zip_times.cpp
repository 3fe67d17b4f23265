// SPDX-License-Identifier: Apache-2.0
#include "io/zip_times.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>

#include "sys/fd.hpp"

namespace tmplbuild::io {

namespace {

// Sizes and signatures of APPNOTE.TXT 4.3.12 (central header), 4.3.14 to 4.3.16 (end records).
constexpr std::uint32_t central_signature = 0x02014b50, end_signature = 0x06054b50, end64_signature = 0x06064b50,
                        locator64_signature = 0x07064b50;
constexpr std::size_t central_size = 46, end_size = 22, end64_size = 56, locator64_size = 20, max_comment = 65535;

std::uint64_t little_endian(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return value;
}

std::int64_t from_dos(std::uint64_t time, std::uint64_t date) {
    using namespace std::chrono;
    const year_month_day day{year(static_cast<int>(1980 + (date >> 9))), month(static_cast<unsigned>(date >> 5 & 15)),
                             std::chrono::day(static_cast<unsigned>(date & 31))};
    const sys_days first{year(1980) / January / 1};
    const auto midnight = day.ok() ? sys_days(day) : first;
    const auto seconds = static_cast<std::int64_t>((time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2);
    return duration_cast<std::chrono::seconds>(midnight.time_since_epoch()).count() + seconds;
}

class Scan {
  public:
    Scan(const std::filesystem::path& file, sys::Fd fd, std::uint64_t size)
        : file_(file), fd_(std::move(fd)), size_(size) {}

    Result<std::vector<std::int64_t>> run(std::uint64_t count) {
        if (auto found = find_directory(); !found) return found.error();
        if (count_ != count) return odd("its two directories of members do not agree");
        std::vector<std::int64_t> times;
        times.reserve(count);
        std::uint64_t at = offset_;
        for (std::uint64_t i = 0; i < count; ++i) {
            auto head = bytes(at, central_size);
            if (!head) return head.error();
            if (little_endian(head->subspan(0, 4)) != central_signature) return odd("its directory is damaged");
            times.push_back(from_dos(little_endian(head->subspan(12, 2)), little_endian(head->subspan(14, 2))));
            at += central_size + little_endian(head->subspan(28, 2)) + little_endian(head->subspan(30, 2)) +
                  little_endian(head->subspan(32, 2));
        }
        return times;
    }

  private:
    Error odd(const std::string& why) const {
        return build_error("cannot read the zip archive " + file_.string() + ": " + why);
    }

    Result<void> find_directory() {
        const std::uint64_t length = std::min<std::uint64_t>(size_, end_size + max_comment);
        auto tail = bytes(size_ - length, length);
        if (!tail) return tail.error();
        for (std::size_t at = tail->size() < end_size ? 0 : tail->size() - end_size + 1; at-- > 0;) {
            const auto record = tail->subspan(at);
            if (little_endian(record.subspan(0, 4)) != end_signature) continue;
            // The length of the comment.
            if (little_endian(record.subspan(20, 2)) != record.size() - end_size) continue;
            count_ = little_endian(record.subspan(10, 2));
            offset_ = little_endian(record.subspan(16, 4));
            const bool overflown = count_ == 0xffff || offset_ == 0xffffffff;
            return overflown ? find_directory64(size_ - length + at) : Result<void>{};
        }
        return odd("it has no end record");
    }

    Result<void> find_directory64(std::uint64_t end) {
        if (end < locator64_size) return {};
        auto locator = bytes(end - locator64_size, locator64_size);
        if (!locator) return locator.error();
        if (little_endian(locator->subspan(0, 4)) != locator64_signature) return {};  // exactly 65,535 members
        auto record = bytes(little_endian(locator->subspan(8, 8)), end64_size);
        if (!record) return record.error();
        if (little_endian(record->subspan(0, 4)) != end64_signature) return odd("its zip64 end record is damaged");
        count_ = little_endian(record->subspan(32, 8));
        offset_ = little_endian(record->subspan(48, 8));
        return {};
    }

    // A view that is valid until the next call; one large read serves many headers.
    Result<std::span<const std::byte>> bytes(std::uint64_t at, std::uint64_t length) {
        if (at > size_ || length > size_ - at) return odd("its directory leads out of the file");
        if (at < window_at_ || at + length > window_at_ + window_.size()) {
            window_.resize(static_cast<std::size_t>(
                std::min<std::uint64_t>(std::max<std::uint64_t>(length, 256 << 10), size_ - at)));
            window_at_ = at;
            if (::lseek(fd_.get(), static_cast<off_t>(at), SEEK_SET) < 0) return os_error("read", file_, errno);
            auto got = sys::read_full(fd_.get(), window_, file_);
            if (!got) return got.error();
            if (*got != window_.size()) return odd("it became shorter while it was read");
        }
        return std::span<const std::byte>(window_).subspan(at - window_at_, length);
    }

    const std::filesystem::path& file_;
    sys::Fd fd_;
    std::uint64_t size_, count_ = 0, offset_ = 0, window_at_ = 0;
    std::vector<std::byte> window_;
};

}  // namespace

Result<std::vector<std::int64_t>> read_zip_times(const std::filesystem::path& file, std::uint64_t count) {
    auto fd = sys::open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    struct stat facts {};
    if (::fstat(fd->get(), &facts) != 0) return os_error("look at", file, errno);
    return Scan(file, std::move(*fd), static_cast<std::uint64_t>(facts.st_size)).run(count);
}

}  // namespace tmplbuild::io
