// SPDX-License-Identifier: Apache-2.0
// The launcher's own messages about the pod: each is one line of the log and one moment of the time line, without
// secrets. Used by the engine's objects. Decides nothing.
#pragma once

#include <functional>
#include <string>

#include "podlog/pod_log.hpp"
#include "status/snapshot.hpp"

namespace tmplbuild::launch {

class Announcer {
  public:
    explicit Announcer(PodLog& log) : log_(log) {}
    void say(const std::string& who, const std::string& text);
    const status::Timeline& timeline() const { return timeline_; }
    std::function<void()> on_change;  // called after each message

  private:
    PodLog& log_;
    status::Timeline timeline_;
};

}  // namespace tmplbuild::launch
