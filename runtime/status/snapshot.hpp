// SPDX-License-Identifier: Apache-2.0
// The pod as one value, which `tmpl-ctl status` shows. The supervisor fills it, the control socket serves it as JSON
// (schema/status.schema.json). Plain values; texts are masked before they come here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace tmplbuild::status {

inline constexpr std::int64_t snapshot_version = 1;
using UnixMs = std::int64_t;  // milliseconds since 1970, UTC

// The driver and GPUs as a whole, and whether this image's CUDA can use them.
struct Host {
    std::string state = "unknown";  // unknown, probing, usable, no-gpu, no-driver, old-driver, failed
    std::string reason{};           // in words: "driver 580.95 serves CUDA 13.0"
    std::string driver{};           // "580.95.05"; empty: not known
    std::string cuda{};             // the newest CUDA that the driver serves, "13.0"; empty: not known
    bool simulated = false;         // a stand-in for a driver answers
};

struct Gpu {
    std::int64_t index = 0;
    std::string name{};        // "NVIDIA GeForce RTX 4090"
    std::string capability{};  // "8.9"
    std::int64_t memory_bytes = 0;
};

// A part of the launcher itself: "pod.json", "logs", "control", "gpu".
struct Component {
    std::string name{}, state{}, reason{};
    UnixMs since = 0;
    std::optional<UnixMs> next_try{};
};

struct Service {
    std::string name{}, state{}, reason{};  // state: the words of supervisor/model.hpp's Phase
    UnixMs since = 0;
    std::optional<UnixMs> next_try{};  // while it waits in backoff: the time of its next start
    std::uint16_t port = 0;            // public; 0: none
    bool ready = false, critical = false;
    std::int64_t pid = 0, restarts = 0;  // pid 0: no process
    std::int64_t memory_kills = 0;       // how often Linux's OOM killer ended it
    std::vector<std::string> needs{}, uses_kernels{};
    bool with_kernels = false;  // it was started with all that it uses
};

struct Kernel {
    std::string name{}, state{}, reason{};  // state: docs/glossary.md, "kernel state"
    UnixMs since = 0;
    std::optional<UnixMs> next_try{};
    std::string mode{};                          // "background", "true", "prebuilt", "off"
    std::string verdict{};                       // "exact", "compatible", …; empty: not known yet
    std::string arch{};                          // of the variant in use or being compiled; empty: none
    std::optional<int> progress{};               // 0..100, while compiling
    std::optional<std::int64_t> seconds_left{};  // while compiling
    bool simulated = false;
};

struct Logs {
    std::string state = "starting", folder{}, reason{};  // podlog's LogStatus
    std::uint64_t dropped = 0, stdout_dropped = 0;       // lines
};

struct Moment {
    UnixMs at = 0;
    std::string who{}, text{};
};

struct Snapshot {
    std::string pod{};    // the template's name
    std::string state{};  // starting, ready, degraded, stopping
    int progress = 0;     // 0..100
    UnixMs now = 0, started = 0;
    Host host{};
    std::vector<Gpu> gpus{};
    std::vector<Component> components{};
    std::vector<Service> services{};
    std::vector<Kernel> kernels{};
    Logs logs{};
    std::vector<Moment> timeline{};      // since the start
    std::int64_t timeline_left_out = 0;  // moments in the middle that were forgotten
    std::int64_t orphans = 0;            // processes that the launcher did not start and has reaped
};

// One line of JSON without its newline; `now` is its last member, so that two texts of one state differ only there.
std::string write_snapshot(const Snapshot& snapshot);
// A part of it as it stands there, for who shows it with more beside it.
json::object to_json(const Host& host);
json::object to_json(const Gpu& gpu);
json::object to_json(const Component& component);
json::object to_json(const Service& service);
json::object to_json(const Kernel& kernel);
json::object to_json(const Moment& moment);
// Sets `state` and `progress` from what the services and kernels say.
void sum_up(Snapshot& snapshot, bool stopping);

// What happened since the start: the first moments and the latest ones are kept, those in the middle are forgotten.
class Timeline {
  public:
    void add(Moment moment);
    const std::vector<Moment>& moments() const { return moments_; }
    std::int64_t left_out() const { return left_out_; }

  private:
    std::vector<Moment> moments_;
    std::int64_t left_out_ = 0;
};

}  // namespace tmplbuild::status
