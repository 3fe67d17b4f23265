// SPDX-License-Identifier: Apache-2.0
// The log files that pods of before have left on the volume: the newest are kept, the others go. Used by the log
// writer, in small pieces, between the lines that it writes. Never follows a link, and never touches what a pod that
// still runs has there: each pod leaves a sign of life.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "sys/fd.hpp"

namespace tmplbuild::launch {

class FormerPods {
  public:
    struct Limits {
        std::size_t most = 10;             // pods of before whose files are kept
        std::time_t oldest = 30 * 86'400;  // seconds since their last sign of life
        std::time_t running = 86'400;      // a pod with a younger one may run still, and is none of before
    };
    // `folder`: the one that has a folder for each pod. `own`: this pod's name.
    FormerPods(std::string folder, std::string own, Limits limits);

    // Leaves this pod's sign of life, from which the ages of the others are counted: the volume's own clock. To be
    // called more often than `running`. Then there is something to do.
    void begin();
    bool busy() const { return what_ != Work::nothing; }
    // A small piece of it. What was removed, in words; empty: nothing, or not all yet.
    std::string step();

  private:
    enum class Work { nothing, listing, looking, removing };
    struct Pod {
        std::string name;
        std::time_t seen = 0;  // its last sign of life
        bool had_files = false;
    };
    void list();
    void look();
    void choose();
    std::string remove_some();
    void end();
    bool is_younger(std::time_t seen, std::time_t age) const { return seen > now_ - age; }
    std::time_t last_sign(const std::string& pod) const;

    std::string folder_, own_;
    Limits limits_;
    std::time_t now_ = 0;
    Work what_ = Work::nothing;
    sys::Fd open_;           // the folder, while there is something to do
    std::vector<Pod> pods_;  // first those that are there, then those that go
    std::size_t next_ = 0;
};

}  // namespace tmplbuild::launch
