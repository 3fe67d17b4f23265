// SPDX-License-Identifier: Apache-2.0
#include "download/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tmplbuild::download {

// Writing to the disk begins after so many bytes, not only at the end, where everybody would wait for it.
static constexpr std::uint64_t writeback = 32 << 20;

PartFile::PartFile(sys::Fd fd, std::string path)
    : fd_(std::move(fd)),
      path_(std::move(path)),
      ring_(std::make_unique<std::array<Block, blocks>>()),
      writer_([this] { write_blocks(); }) {}

PartFile::~PartFile() {
    {
        const std::scoped_lock lock(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    writer_.join();
}

Result<void> PartFile::take_over(const std::stop_token& stop) {
    hasher_ = Sha256();
    std::uint64_t at = 0;
    auto& bytes = (*ring_)[0].bytes;
    for (;;) {
        if (stop.stop_requested())
            return Error{.kind = ErrorKind::interrupted, .message = "stopped while reading " + path_};
        const ssize_t got = ::pread(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return os_error("read", path_, errno);
        if (got == 0) break;
        hasher_.update(std::string_view(bytes.data(), static_cast<std::size_t>(got)));
        at += static_cast<std::uint64_t>(got);
        written_ = at;
    }
    taken_ = begun_writeback_ = at;
    return {};
}

Result<void> PartFile::start_over() {
    // What is not written yet need not be; after an error of the writing, nothing waits either.
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return drained_ == filled_; });
        (*ring_)[filled_ % blocks].size = 0;
        failure_.reset();
    }
    hasher_ = Sha256();
    taken_ = begun_writeback_ = 0;
    written_ = 0;
    if (::ftruncate(fd_.get(), 0) != 0) return os_error("empty", path_, errno);
    return {};
}

// Gives the block that is being filled to the writer, and waits for room for the next.
Result<void> PartFile::hand_over() {
    std::unique_lock lock(mutex_);
    ++filled_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return filled_ - drained_ < blocks; });
    (*ring_)[filled_ % blocks].size = 0;
    if (failure_) return *failure_;
    return {};
}

Result<void> PartFile::put(std::string_view data) {
    while (!data.empty()) {
        Block& block = (*ring_)[filled_ % blocks];  // only this thread changes filled_
        const std::size_t part = std::min(data.size(), block_size - block.size);
        std::memcpy(block.bytes.data() + block.size, data.data(), part);
        block.size += part;
        taken_ += part;
        data.remove_prefix(part);
        if (block.size < block_size) continue;
        if (auto given = hand_over(); !given) return given;
    }
    return {};
}

Result<void> PartFile::pass_on() {
    if ((*ring_)[filled_ % blocks].size == 0) return {};
    return hand_over();
}

Result<void> PartFile::flush() {
    if (auto given = pass_on(); !given) return given;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return drained_ == filled_; });
    if (failure_) return *failure_;
    return {};
}

void PartFile::write_blocks() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return ends_ || drained_ < filled_; });
        if (drained_ == filled_) return;
        const bool skip = failure_.has_value();
        lock.unlock();
        const Block& block = (*ring_)[drained_ % blocks];
        std::size_t put = 0;
        int code = 0;
        while (!skip && put < block.size) {
            const ssize_t wrote =
                ::pwrite(fd_.get(), block.bytes.data() + put, block.size - put, static_cast<off_t>(written_ + put));
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote <= 0) {
                code = wrote == 0 ? ENOSPC : errno;
                break;
            }
            put += static_cast<std::size_t>(wrote);
        }
        if (!skip) hasher_.update(std::string_view(block.bytes.data(), put));
        written_ += put;
        if (written_ - begun_writeback_ >= writeback) {
            ::sync_file_range(fd_.get(), static_cast<off_t>(begun_writeback_),
                              static_cast<off_t>(written_ - begun_writeback_), SYNC_FILE_RANGE_WRITE);
            begun_writeback_ = written_;
        }
        lock.lock();
        if (code != 0) failure_ = os_error("write", path_, code);
        ++drained_;
        changed_.notify_all();
    }
}

Result<void> PartFile::sync() {
    if (auto flushed = flush(); !flushed) return flushed;
    return sys::sync_fd(fd_.get(), path_);
}

Digest PartFile::digest() { return hasher_.finish(); }

}  // namespace tmplbuild::download
