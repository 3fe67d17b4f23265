// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/memory_meter.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/kernel_numbers.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

MemoryMeter::MemoryMeter(StepGroup group, KernelFiles kernel)
    : group_(std::move(group)), kernel_(std::move(kernel)), kills_before_(kills_above()) {}

void MemoryMeter::look() {
    if (group_.folder.empty()) return;
    if (!look_at_group()) look_at_processes();
}

bool MemoryMeter::look_at_group() {
    const fs::path& folder = group_.folder;
    auto use = sys::number_in(folder / "memory.current");
    const bool is_v2 = use.has_value();
    if (!is_v2) use = sys::number_in(folder / "memory.usage_in_bytes");
    if (!use) return false;
    // memory.peak came with Linux 5.19.
    const std::uint64_t high =
        sys::number_in(folder / (is_v2 ? "memory.peak" : "memory.max_usage_in_bytes")).value_or(*use);
    const fs::path stat = folder / "memory.stat";
    const std::uint64_t files = sys::number_in(stat, is_v2 ? "file" : "total_cache").value_or(0);
    // A tmpfs counts as files in these figures, but Linux cannot drop it.
    const std::uint64_t cache =
        files - std::min(files, sys::number_in(stat, is_v2 ? "shmem" : "total_shmem").value_or(0));
    // If the high-water mark rose, that much was held since the last look, with about the cache of then or of now.
    const std::uint64_t held = high > high_ ? std::max(high, *use) : *use;
    const std::uint64_t given_up = high > high_ ? std::min(cache, cache_) : cache;
    peak_ = std::max(peak_, held - std::min(held, given_up));
    high_ = high;
    cache_ = cache;
    return true;
}

void MemoryMeter::look_at_processes() {
    auto list = sys::read_file(group_.folder / "cgroup.procs", 1 << 20);
    if (!list) list = sys::read_file(group_.folder / "cgroup.threads", 1 << 20);  // a threaded group only has this list
    if (!list) return;
    std::set<std::uint64_t> seen;
    std::uint64_t own = 0, shared = 0;
    for (const std::string& id : split(*list, '\n')) {
        if (id.empty() || id == "0") continue;  // 0: it belongs to a pid namespace that we do not see
        const fs::path status = kernel_.proc / id / "status";
        const auto process = sys::number_in(status, "Tgid");
        if (!process || !seen.insert(*process).second) continue;
        auto bytes = [&](const char* key) { return sys::number_in(status, key).value_or(0); };
        own += bytes("RssAnon");
        shared = std::max(shared, bytes("RssFile") + bytes("RssShmem"));
    }
    peak_ = std::max(peak_, own + shared);
}

// Version 2 also counts a kill in every group above.
std::uint64_t MemoryMeter::kills_above() const {
    return sys::number_in(group_.parent / "memory.events", "oom_kill").value_or(0);
}

bool MemoryMeter::killed() const {
    const auto kills = sys::memory_kills(group_.folder);
    return kills ? *kills > 0 : kills_above() > kills_before_;
}

MemoryWatch::MemoryWatch(StepGroup group)
    : meter_(std::move(group)), thread_([this](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!wake_.wait_for(lock, stop, std::chrono::milliseconds(200), [] { return false; }) &&
                 !stop.stop_requested())
              meter_.look();
      }) {}

MemoryWatch::Use MemoryWatch::finish() {
    thread_.request_stop();
    thread_.join();
    meter_.look();
    return {meter_.peak(), meter_.killed()};
}

}  // namespace tmplbuild
