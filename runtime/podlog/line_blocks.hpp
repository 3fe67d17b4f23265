// SPDX-License-Identifier: Apache-2.0
// Cuts a stream into blocks of whole lines, as large as they come. Used on the output of services and of helper
// processes. Bounded: a line of more than 16 KiB that has not ended comes in pieces, none of which cuts a secret or a
// character in two. A line that "\r" overwrites (a progress bar) is reduced to what a terminal would show: its newest
// state. Until it ends, that state is given as a line of its own, at most every two seconds.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/secret_mask.hpp"
#include "loop/poller.hpp"

namespace tmplbuild::launch {

class LineBlocks {
  public:
    // The block ends with '\n' and may be changed by the callee.
    using Take = std::function<void(std::string& block)>;
    void feed(std::string_view text, const SecretMask& mask, Time now, const Take& take);
    void flush(const Take& take);  // gives what is left, as a line
    // The time at which tick() has a bar's newest state to give; never, where there is none.
    Time due() const { return news_ ? shown_at_ + pause_ms : never; }
    void tick(const SecretMask& mask, Time now, const Take& take);

    static constexpr Time pause_ms = 2'000;  // between two states of one bar

  private:
    void end_lines(std::string_view text, const Take& take);
    void keep_newest_state();
    void cut_long_line(const SecretMask& mask, const Take& take);

    std::string open_;       // a line that has not ended; of a bar, its newest state
    bool news_ = false;      // open_ is a state of a bar that was not given yet
    std::string shown_;      // the bar's state that was given last
    Time shown_at_ = never;  // never: no state of this line was given
};

}  // namespace tmplbuild::launch
