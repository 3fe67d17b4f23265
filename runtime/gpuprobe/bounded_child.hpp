// SPDX-License-Identifier: Apache-2.0
// Runs work in a child process with a deadline and a bounded answer, so that a driver that hangs or crashes does not
// take the probe with it. Used for each source that the probe asks. Never waits for a child that cannot die.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace tmplbuild::gpu {

struct ChildAnswer {
    enum class Kind { ended, crashed, hangs } kind = Kind::ended;
    int code = 0;        // exit code, or the signal that ended it
    std::string text{};  // what it wrote, at most `limit` bytes
};

// `work` runs in the child with the descriptor to write to; the child ends when it returns. After `pause` the child is
// killed.
ChildAnswer ask_child(const std::function<void(int)>& work, std::chrono::milliseconds pause, std::size_t limit);

}  // namespace tmplbuild::gpu
