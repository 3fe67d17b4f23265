// SPDX-License-Identifier: Apache-2.0
// A file on the volume that says "a pod compiles this key", so that a second pod waits instead of doing the same. Only
// a courtesy: keyed folders and rename keep two compiles correct. Ages are measured on the reader's own clock, since
// clocks of pods and of a network volume differ.
#pragma once

#include <optional>

#include "kernel_job/files.hpp"

namespace tmplbuild::job {

class Lease {
  public:
    explicit Lease(fs::path file) : file_(std::move(file)) {}
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    // True: it is ours (or there is no place for one). False: another pod has it.
    bool take();
    // Another pod's lease: whether it was renewed in the last `seconds`, as seen from here since the first call.
    bool is_alive(std::int64_t seconds);
    void break_it() const;  // of a pod that is gone
    void renew() const;

  private:
    fs::path file_;
    bool ours_ = false;
    std::string seen_;             // its content and time when they last changed
    std::int64_t seen_since_ = 0;  // seconds of our clock
};

}  // namespace tmplbuild::job
