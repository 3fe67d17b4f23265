// SPDX-License-Identifier: Apache-2.0
// The threads of one GPU thread block as fibers of one CPU thread: they run in turn, and only change where they meet.
// What machine_on_cpu.hpp is built on.
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

namespace emulated {

struct dim3 {
    unsigned x, y, z;
    explicit dim3(unsigned width, unsigned height = 1, unsigned depth = 1) : x(width), y(height), z(depth) {}
};

[[noreturn]] inline void stop(const char* why) {
    std::fprintf(stderr, "emulator: %s\n", why);
    std::abort();
}

// A place where `size` fibers wait for each other, again and again. One that has ended counts as come.
struct Meeting {
    int size = 0, here = 0;
    unsigned round = 0;
};

struct Copy {
    std::uint32_t to;
    const void* from;
    bool valid;
    int group;
};
struct Team;
struct Fiber {
    Team* team = nullptr;
    dim3 thread{0}, block{0};
    int lane = 0, warp = 0;
    const void* exchange = nullptr;  // what the others of a collective instruction may read
    std::vector<Copy> copies;        // asynchronous copies that have not arrived
    int groups = 0;
    bool fenced = false, began = false, done = false;
    ucontext_t context{};
    std::unique_ptr<char[]> stack;
};

struct Team {
    std::vector<std::unique_ptr<Fiber>> fibers;
    std::vector<Meeting> warps;
    Meeting all;
    std::uint8_t* shared = nullptr;
    std::uint32_t shared_bytes = 0;
    ucontext_t scheduler{};
    const std::function<void()>* body = nullptr;

    std::uint8_t* at(std::uint32_t address, std::uint32_t bytes) const {
        if (address + bytes > shared_bytes) stop("an access past the end of shared memory");
        return shared + address;
    }
};

inline Fiber*& running() {
    static Fiber* fiber = nullptr;
    return fiber;
}
inline Fiber& current() { return *running(); }

inline const Fiber& lane_of(const Fiber& me, int lane) {
    return *me.team->fibers[static_cast<std::size_t>(me.warp * 32 + lane)];
}

inline void yield() { swapcontext(&current().context, &current().team->scheduler); }
inline void meet(Meeting& meeting) {
    const unsigned round = meeting.round;
    if (++meeting.here >= meeting.size) {
        meeting.here = 0;
        ++meeting.round;
        return;
    }
    while (meeting.round == round) yield();
}
inline void leave(Meeting& meeting) {
    --meeting.size;
    if (meeting.size > 0 && meeting.here >= meeting.size) {
        meeting.here = 0;
        ++meeting.round;
    }
}
inline void fiber_main() {
    Fiber& me = current();
    (*me.team->body)();
    me.done = true;
    leave(me.team->all);
    leave(me.team->warps[static_cast<std::size_t>(me.warp)]);
    yield();
}
inline void run_block(Team& team, dim3 block, int threads) {
    constexpr std::size_t stack_bytes = 128 << 10;
    team.all = {threads, 0, 0};
    team.warps.assign(static_cast<std::size_t>(threads) / 32, Meeting{32, 0, 0});
    team.fibers.resize(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) {
        auto& fiber = team.fibers[static_cast<std::size_t>(i)];
        auto stack = fiber ? std::move(fiber->stack) : std::make_unique<char[]>(stack_bytes);
        fiber = std::make_unique<Fiber>();
        fiber->stack = std::move(stack);
        fiber->team = &team;
        fiber->thread = dim3(static_cast<unsigned>(i));
        fiber->block = block;
        fiber->lane = i % 32;
        fiber->warp = i / 32;
        getcontext(&fiber->context);
        fiber->context.uc_stack.ss_sp = fiber->stack.get();
        fiber->context.uc_stack.ss_size = stack_bytes;
        fiber->context.uc_link = nullptr;
        makecontext(&fiber->context, fiber_main, 0);
    }
    for (bool alive = true; alive;) {
        alive = false;
        for (auto& fiber : team.fibers) {
            if (fiber->done) continue;
            alive = true;
            running() = fiber.get();
            swapcontext(&team.scheduler, &fiber->context);
        }
    }
}

// Shared memory starts as noise, so that what is read before it is written shows.
inline void run(dim3 grid, int threads, int bytes, const std::function<void()>& body) {
    Team team;
    team.body = &body;
    team.shared_bytes = static_cast<std::uint32_t>(bytes);
    const std::size_t rounded = (static_cast<std::size_t>(bytes) + 2047) / 1024 * 1024;
    const std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(1024, rounded), &std::free);
    team.shared = static_cast<std::uint8_t*>(memory.get());
    for (unsigned y = 0; y < grid.y; ++y)
        for (unsigned x = 0; x < grid.x; ++x) {
            for (std::size_t i = 0; i < rounded; ++i) team.shared[i] = static_cast<std::uint8_t>(i * 37 + 0x5B);
            run_block(team, dim3(x, y), threads);
        }
}

}  // namespace emulated
