// SPDX-License-Identifier: Apache-2.0
#include "supervisor/memory_kills.hpp"
#include "sys/kernel_numbers.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace tmplbuild::launch {

// The longest time between a change of the counter and the end of the killed process, where that end is not noticed at
// once.
static constexpr Time same_kill_ms = 1'000;

std::optional<std::int64_t> MemoryKills::count() const {
    const auto kills = sys::memory_kills_of_container(cgroup_);
    return kills ? std::optional(static_cast<std::int64_t>(*kills)) : std::nullopt;
}

void MemoryKills::begin(std::string cgroup) {
    if (!cgroup.empty()) cgroup_ = std::move(cgroup);
    watch_ = sys::Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    // Linux tells of changes of cgroup v2's file only (cgroup-v2.rst, "memory.events").
    if (watch_ && ::inotify_add_watch(watch_.get(), (cgroup_ + "/memory.events").c_str(), IN_MODIFY) < 0)
        watch_.reset();
    seen_ = count().value_or(0);
}

bool MemoryKills::read_counter(Time now) {
    const std::int64_t before = seen_;
    seen_ = count().value_or(seen_);
    if (seen_ <= before) return false;
    if (now - moved_ > same_kill_ms) uncharged_ = 0;
    uncharged_ += seen_ - before;
    moved_ = now;
    return true;
}

void MemoryKills::on_change(Time now) {
    std::array<char, 4096> events{};
    while (watch_ && ::read(watch_.get(), events.data(), events.size()) > 0) continue;
    read_counter(now);
}

bool MemoryKills::charge(Time now) {
    if (uncharged_ <= 0 || now - moved_ > same_kill_ms) return false;
    --uncharged_;
    return true;
}

bool MemoryKills::on_exit(bool by_kill, Time now) {
    const bool moved = read_counter(now);
    const bool charged = by_kill && (watch_ || moved) && charge(now);
    // Without reports of changes (cgroup v1), a change that is noticed now may have happened at any time since the last
    // end of a process.
    if (!watch_) uncharged_ = 0;
    return charged;
}

}  // namespace tmplbuild::launch
