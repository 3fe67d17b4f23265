// SPDX-License-Identifier: Apache-2.0
// The queue of downloads as a pure state machine: (queue, event, time) → queue and what is to be done. The worker feeds
// it and does what it says; docs/console.md, "Downloads", has its rules in words. Never fetches, never waits, never
// touches a disk, never looks at a clock.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "download/item.hpp"

namespace tmplbuild::download {

inline constexpr std::size_t most_items = 500, most_at_once = 3;

struct Queue {
    std::vector<Item> items{};  // in the order in which they are started
    std::size_t left_out = 0;   // of the record: what cannot be read as a download

    Item* find(const std::string& id);
    const Item* find(const std::string& id) const;
};

// How one try of a transfer ended.
struct Outcome {
    enum class Kind {
        done,
        stopped,  // because the queue said so
        again,    // what went wrong may pass
        stalled,  // no byte came for too long
        full,     // the volume takes no more
        failed,   // another try would end the same way
    };
    Kind kind = Kind::again;
    std::string reason{}, hint{};
    std::int64_t wait = 0;  // milliseconds for which the server asked
    bool at_host = false;   // it asked so of everybody here, not for this file alone
    bool went_on = false;   // this try brought bytes that no try before it had
};

// What a host said of a file before its bytes came.
struct Facts {
    std::string name{}, sha256{}, part{};
    std::optional<std::uint64_t> size{};
    Guard guard{};
    std::string url{};  // with the commit in it; empty: as before
};

inline Outcome failed(std::string reason, std::string hint = {}) {
    return {.kind = Outcome::Kind::failed, .reason = std::move(reason), .hint = std::move(hint)};
}

struct Added {
    std::vector<Item> items;
};
// For one download, or with an empty id for all.
struct Command {
    enum class Kind { pause, resume, cancel, retry };
    Kind kind = Kind::pause;
    std::string id{};
};
struct Ordered {
    std::vector<std::string> ids;  // these first, in this order
};
struct Cleared {};  // what is over leaves the list
struct Learned {
    std::string id;
    Facts facts;
};
struct Progressed {
    std::string id;
    std::uint64_t done_bytes = 0, speed = 0;
    bool is_verifying = false;
};
struct Ended {
    std::string id;
    Outcome outcome;
};
struct Ticked {};  // time has passed

using Event = std::variant<Added, Command, Ordered, Cleared, Learned, Progressed, Ended, Ticked>;

struct Action {
    enum class Kind {
        start,   // a transfer of `item`
        stop,    // the transfer of `item`: it ends soon
        remove,  // the partial file of `item`, which is no longer in the queue or was cancelled
        keep,    // the queue, on the volume
    };
    Kind kind = Kind::keep;
    Item item{};
};

struct Step {
    Queue queue;
    std::vector<Action> actions{};
    std::string refused{}, hint{};  // why nothing was done, in words
    bool is_unknown = false;        // because there is no such download
};

Step transition(Queue queue, const Event& event, UnixMs now);

// When Ticked changes something; 0: never.
UnixMs next_due(const Queue& queue);

// How long a download waits before the next try after `tries` that brought nothing.
std::int64_t pause_after(int tries);

}  // namespace tmplbuild::download
