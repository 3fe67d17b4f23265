// SPDX-License-Identifier: Apache-2.0
// The most memory that a step's processes held together, and whether the kernel ended one of them for want of it. Used
// by the sandbox, whose figure the store keeps: the next build plans with it. Never limits anything.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "engine/sandbox/cgroup_files.hpp"

namespace tmplbuild {

// The step's own control group counts all its processes, and the moment between two looks too: memory.peak of version
// 2, memory.max_usage_in_bytes of version 1. Its file cache is taken off: the kernel gives that up for a process that
// needs the memory, and a compile that reads torch's 4 GB would look as large as any limit. Where the group has no such
// files (version 2 gives them to no group below one with processes of its own), the processes are added up at each
// look: what is each one's own, and once, of the largest, what may be shared (RssAnon; RssFile and RssShmem).
class MemoryMeter {
  public:
    explicit MemoryMeter(StepGroup group, KernelFiles kernel = {});
    void look();
    std::uint64_t peak() const { return peak_; }  // bytes; 0: nothing could be seen
    bool killed() const;

  private:
    bool look_at_group();
    void look_at_processes();
    std::uint64_t kills_above() const;

    StepGroup group_;
    KernelFiles kernel_;
    std::uint64_t kills_before_ = 0;  // in the group above, where ours counts none
    std::uint64_t high_ = 0, cache_ = 0, peak_ = 0;
};

// Looks five times a second (a look costs about 0.1 ms), on a thread of its own, until finish().
class MemoryWatch {
  public:
    struct Use {
        std::uint64_t peak = 0;
        bool killed = false;
    };
    explicit MemoryWatch(StepGroup group);
    MemoryWatch(const MemoryWatch&) = delete;
    MemoryWatch& operator=(const MemoryWatch&) = delete;
    // While the group is still there: its counters hold what no look has seen.
    Use finish();

  private:
    MemoryMeter meter_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;
};

}  // namespace tmplbuild
