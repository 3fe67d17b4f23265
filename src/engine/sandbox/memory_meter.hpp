// SPDX-License-Identifier: Apache-2.0
// Measures the most memory that a step's processes held together, and whether Linux ended one of them for memory. Used
// by the sandbox; the store keeps the figure, and the next build plans with it. Never limits anything.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "engine/sandbox/cgroup_files.hpp"

namespace tmplbuild {

// The step's own control group counts all its processes, also between two looks: memory.peak of version 2,
// memory.max_usage_in_bytes of version 1. Its file cache is subtracted: Linux drops it for a process that needs the
// memory, and a compile that reads torch's 4 GB would seem to need as much as any limit allows. Where the group has no
// such files (in version 2, no group below one with processes of its own has them), the processes are added up at each
// look: what belongs to each alone, and once, for the largest, what may be shared (RssAnon; RssFile and RssShmem).
class MemoryMeter {
  public:
    explicit MemoryMeter(StepGroup group, KernelFiles kernel = {});
    void look();
    std::uint64_t peak() const { return peak_; }  // bytes; 0: it could not be measured
    bool killed() const;

  private:
    bool look_at_group();
    void look_at_processes();
    std::uint64_t kills_above() const;

    StepGroup group_;
    KernelFiles kernel_;
    std::uint64_t kills_before_ = 0;  // in the group above, for where ours counts none
    std::uint64_t high_ = 0, cache_ = 0, peak_ = 0;
};

// Measures five times a second (each costs about 0.1 ms), on a thread of its own, until finish().
class MemoryWatch {
  public:
    struct Use {
        std::uint64_t peak = 0;
        bool killed = false;
    };
    explicit MemoryWatch(StepGroup group);
    MemoryWatch(const MemoryWatch&) = delete;
    MemoryWatch& operator=(const MemoryWatch&) = delete;
    // To be called while the group still exists: its counters hold what was missed between two looks.
    Use finish();

  private:
    MemoryMeter meter_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;
};

}  // namespace tmplbuild
