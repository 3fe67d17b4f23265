// SPDX-License-Identifier: Apache-2.0
// One try of one download, from the host's answer to the finished file: asks the origin anew each time, follows its
// links by hand so that no key goes along, continues the part that is there where the host has the same file still, and
// proves the whole by size and SHA-256 before it gets its name. Blocks; each runs on a thread of its own. Decides
// nothing about when to try again.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "download/part_file.hpp"
#include "download/place.hpp"
#include "download/queue.hpp"
#include "download/source.hpp"
#include "io/http.hpp"

namespace tmplbuild::download {

struct TransferSettings {
    Roots roots{};
    Endpoints endpoints{};
    io::HttpPatience patience{};
    std::set<io::AddressClass> kept_out{};  // where no file may come from
    std::filesystem::path ca_file{};        // empty: the machine's own
    std::string boot{};                     // this start of the machine
};

// What others may see of a transfer while it runs.
struct Live {
    std::atomic<std::uint64_t> done_bytes = 0;
    std::atomic<bool> is_verifying = false;
};

struct TransferCalls {
    std::function<void(const Facts&)> learned;  // before the first byte that counts, and at the end
    std::function<UnixMs()> now;
};

// `part` is what an earlier try of this item left, and is left for the next.
Outcome run_transfer(const Item& item, const std::optional<std::string>& key, const TransferSettings& settings,
                     const TransferCalls& calls, std::shared_ptr<PartFile>& part, Live& live,
                     const std::stop_token& stop);

}  // namespace tmplbuild::download
