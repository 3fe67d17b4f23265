// SPDX-License-Identifier: Apache-2.0
// The part of a file that is here so far, with the state of its SHA-256: bytes come in at one end, and a thread of its
// own hashes and writes them, so that neither waits for the network. Kept between the tries of one download, so that a
// cut does not mean to read all of it again. Never gives a file its final name.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::download {

class PartFile {
  public:
    // `path` is for messages.
    PartFile(sys::Fd fd, std::string path);
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    // Hashes what is there; `interrupted` follows soon after `stop`.
    Result<void> take_over(const std::stop_token& stop);
    Result<void> start_over();
    // Appends. An error of the writing comes with a later call.
    Result<void> put(std::string_view data);
    Result<void> pass_on();  // does not wait until more has come to write what is here
    Result<void> flush();    // waits until all is written
    Result<void> sync();     // and lies on the disk
    Digest digest();         // of all of it; nothing may be put afterwards

    std::uint64_t size() const { return taken_; }  // with what is not written yet

  private:
    static constexpr std::size_t block_size = 512 << 10, blocks = 3;
    struct Block {
        std::array<char, block_size> bytes;
        std::size_t size = 0;
    };
    void write_blocks();
    Result<void> hand_over();

    sys::Fd fd_;
    std::string path_;
    Sha256 hasher_{};
    std::uint64_t taken_ = 0, begun_writeback_ = 0;
    std::atomic<std::uint64_t> written_ = 0;
    std::unique_ptr<std::array<Block, blocks>> ring_;
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::size_t filled_ = 0, drained_ = 0;  // under the mutex: blocks, counted from the first
    std::optional<Error> failure_{};        // under the mutex
    bool ends_ = false;                     // under the mutex
    std::thread writer_;
};

}  // namespace tmplbuild::download
