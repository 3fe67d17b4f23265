// SPDX-License-Identifier: Apache-2.0
// One download as a value: what was asked for, what its host told of it, and how far it is. The queue holds these, its
// record keeps them, the pages see a part of them. Never fetches, never touches a disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace tmplbuild::download {

using UnixMs = std::int64_t;

enum class ItemState {
    waiting,    // for its turn, or until `not_before`
    running,    // a transfer has it
    verifying,  // its bytes are all here, and are hashed and made to last
    paused,     // until somebody resumes it
    stalled,    // no byte came for a minute; it is tried again at `not_before`
    done,
    failed,     // until somebody tries it again
    cancelled,  // what there was of it is removed
};
std::string_view to_string(ItemState state);
std::optional<ItemState> parse_item_state(std::string_view text);

// The folder that a download's own folder lies beneath.
enum class Root { models, volume };

// Where a file goes.
struct Destination {
    Root root = Root::models;
    std::string folder{};  // beneath the root, "loras/wan"; "" is the root itself
    bool operator==(const Destination&) const = default;
};

// What has to be the same when a part of a file is continued.
struct Guard {
    std::string commit{};                 // of the hub's repository
    std::string tag{};                    // the hub's own for the file, else the server's ETag
    std::optional<std::uint64_t> size{};  // of the whole file
    std::string boot{};  // the machine's start: what a crash left of a part is trusted by its digest alone
    bool operator==(const Guard&) const = default;
};

struct Item {
    std::string id{};
    std::string url{};   // whole: its query may hold what only its host may read
    std::string name{};  // of the file; empty: the host names it
    Destination to{};
    std::string asked{};                         // the folder, in the words of who asked
    std::string sha256{};                        // 64 hexadecimal digits; empty: nobody said it
    std::optional<std::uint64_t> size{};         // as its host tells it
    std::optional<std::uint64_t> wanted_size{};  // as who asked told it
    std::string set{};                           // the catalogue's set from which it comes; empty: none

    ItemState state = ItemState::waiting;
    std::string reason{}, hint{};  // why it is in this state, where that is not plain
    std::string part{};            // the name of its partial file; empty: it has none yet
    Guard guard{};
    std::uint64_t done_bytes = 0;
    UnixMs added = 0, finished = 0, not_before = 0;
    int tries = 0;  // since the last one that brought something

    // Of this run of the worker alone.
    bool active = false;      // a transfer has it, or is about to end
    std::uint64_t speed = 0;  // bytes a second

    bool is_over() const {
        return state == ItemState::done || state == ItemState::failed || state == ItemState::cancelled;
    }
};

// Whether two would write the same file.
bool is_same_file(const Item& one, const Item& other);
// "huggingface.co"; the port belongs to it where the address names one.
std::string host_of(std::string_view url);
// The address without its query, user part and fragment: what people and logs may see.
std::string shown_url(std::string_view url);
// The last word of the address's path, decoded; empty: it has none that names a file.
std::string name_in(std::string_view url);
// A name that a file may have: one part of a path, no leading dot, none of our own endings.
bool is_good_name(std::string_view name);

// As the volume keeps it, and back; an error names what is wrong.
json::object to_record(const Item& item);
Result<Item> from_record(const json::value& value);
// As the console tells it. `folder` is the absolute path of its root.
json::object to_view(const Item& item, const std::string& folder);

}  // namespace tmplbuild::download
