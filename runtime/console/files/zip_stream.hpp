// SPDX-License-Identifier: Apache-2.0
// A zip archive that is made while it is sent: entries are stored as they are, each with its size and CRC behind it,
// and the directory comes last (PKWARE's APPNOTE 6.3.9; ZIP64 where 4 GB or 65,535 entries are not enough). Names are
// UTF-8, times are UTC. Used by downloads. Knows no file, and keeps nothing but the directory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "console/worker/refusal.hpp"

namespace tmplbuild::console::files {

class ZipStream {
  public:
    using Sink = std::function<Reply<void>(std::string_view)>;
    explicit ZipStream(Sink sink) : sink_(std::move(sink)) {}

    // `size` is the most that comes: it decides on how sizes are written. A folder's name ends with '/'.
    Reply<void> begin_entry(std::string_view name, std::uint64_t size, std::int64_t modified, unsigned mode);
    Reply<void> write(std::string_view data);
    Reply<void> end_entry();
    // The directory.
    Reply<void> finish();

  private:
    Reply<void> put(const std::string& text);

    Sink sink_;
    std::string directory_{};
    std::uint64_t offset_ = 0, entries_ = 0;  // bytes that were sent, entries that are complete
    struct Entry {
        std::string name{};
        std::uint64_t size = 0, offset = 0;
        std::int64_t modified = 0;
        unsigned mode = 0;
        std::uint32_t crc = 0;
        bool is_large = false;
    } entry_{};
};

// A name for an entry, which no program takes for a path elsewhere: '\' and control characters are '_'.
std::string zip_name(std::string_view shown);

}  // namespace tmplbuild::console::files
