// SPDX-License-Identifier: Apache-2.0
// A file on the volume that says "a pod compiles this key", so that a second pod waits instead of doing the same. Only
// a courtesy: keyed folders and rename keep two compiles correct. Ages are measured on the reader's own clock, since
// clocks of pods and of a network volume differ.
#pragma once

#include <string>
#include <vector>

#include "kernel_job/files.hpp"

namespace tmplbuild::job {

// What tells this pod from others, also after it was killed and started again: the platform's name for it, and a number
// that is kept on its own disk. Either may be missing.
std::vector<std::string> names_of_pod(const std::string& platform_id, const fs::path& own_disk);

class Lease {
  public:
    // `names`: of this pod; written into the lease, so that its next life knows its own.
    Lease(fs::path file, std::vector<std::string> names) : file_(std::move(file)), names_(std::move(names)) {}
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    // True: it is ours (or there is no place for one), also where a life of this pod that has ended left it. False:
    // another pod has it, or another job of this one that has not ended yet.
    bool take();
    bool is_of_this_pod() const;  // the one that take() did not get
    // Another pod's lease: whether it was renewed in the last `seconds`, as seen from here since the first call.
    bool is_alive(std::int64_t seconds);
    void break_it() const;  // of a pod that is gone
    void renew() const;

  private:
    bool make();
    bool is_left_over() const;
    fs::path file_;
    std::vector<std::string> names_;
    bool ours_ = false;
    std::string seen_;             // its content and time when they last changed
    std::int64_t seen_since_ = 0;  // seconds of our clock
};

}  // namespace tmplbuild::job
