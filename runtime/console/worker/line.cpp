// SPDX-License-Identifier: Apache-2.0
#include "console/worker/line.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include "console/web/handed_facts.hpp"

namespace tmplbuild::console {

constexpr std::chrono::milliseconds between_words{100};

bool Line::say(char word) const {
    // A line whose other end has no room for a word is full of words: that one is not missed.
    return !fd_ || ::send(fd_.get(), &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 || errno == EAGAIN;
}

void Line::at_work() {
    const auto now = std::chrono::steady_clock::now();
    if (!in_long_step_ && now - told_ < between_words) return;
    in_long_step_ = false;
    told_ = now;
    (void)say(line_word::at_work);
}

void Line::long_step() {
    in_long_step_ = true;
    (void)say(line_word::long_step);
}

void Line::begin() {
    in_long_step_ = false;
    if (!say(line_word::begins)) ::_exit(0);
}

}  // namespace tmplbuild::console
