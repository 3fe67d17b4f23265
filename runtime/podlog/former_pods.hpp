// SPDX-License-Identifier: Apache-2.0
// Removes log files that former pods have left on the volume, except the newest. Used by the log writer, in small
// pieces, between the lines that it writes. Never follows a link, and never touches the files of a pod that still runs:
// each pod leaves a sign of life.
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
        std::size_t most = 10;             // former pods whose files are kept
        std::time_t oldest = 30 * 86'400;  // seconds since their last sign of life
        std::time_t running = 86'400;      // a pod with a younger sign may still run, and is no former one
    };
    // `folder` has a folder for each pod. `own` is this pod's name.
    FormerPods(std::string folder, std::string own, Limits limits);

    // Leaves this pod's sign of life and starts a new clean-up. The sign's time comes from the volume's own clock, and
    // the ages of the others count from it. To be called more often than `running`.
    void begin();
    bool busy() const { return what_ != Work::nothing; }
    // Does a small piece of the clean-up. Returns what was removed, in words; empty: nothing, or the pod is not done
    // yet.
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
    sys::Fd open_;           // the folder, while a clean-up goes on
    std::vector<Pod> pods_;  // first all pods, then those that are to be removed
    std::size_t next_ = 0;
};

}  // namespace tmplbuild::launch
