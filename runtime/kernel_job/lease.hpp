// SPDX-License-Identifier: Apache-2.0
// A file on the volume that says "a pod compiles this key", so that a second pod waits instead of doing the same work.
// It saves work only; two compiles at once are safe through keyed folders and rename. Ages are measured on the reader's
// own clock, since the clocks of pods and of a network volume differ. Used by compile.cpp.
#pragma once

#include <string>
#include <vector>

#include "kernel_job/files.hpp"

namespace tmplbuild::job {

// The names of this pod that last when it is killed and started again: the platform's name for it, and a number that is
// kept on its own disk. Either may be missing.
std::vector<std::string> names_of_pod(const std::string& platform_id, const fs::path& own_disk);

class Lease {
  public:
    // `names`: this pod's; they are written into the lease, so that the restarted pod recognises its own.
    Lease(fs::path file, std::vector<std::string> names) : file_(std::move(file)), names_(std::move(names)) {}
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    // True: this pod has it (or there is no place for one); it takes over a lease that an earlier run of this pod left.
    // False: another pod has it, or another job of this pod that has not ended yet.
    bool take();
    bool is_of_this_pod() const;  // whether this pod made the lease that take() did not get
    // Whether another pod's lease was renewed in the last `seconds`, as observed from here since the first call.
    bool observe_renewal(std::int64_t seconds);
    void break_it() const;  // removes the lease of a pod that is gone
    void renew() const;

  private:
    bool make();
    bool is_left_over() const;
    fs::path file_;
    std::vector<std::string> names_;
    bool ours_ = false;
    std::string seen_;             // its content and time at the last change
    std::int64_t seen_since_ = 0;  // seconds on our own clock
};

}  // namespace tmplbuild::job
