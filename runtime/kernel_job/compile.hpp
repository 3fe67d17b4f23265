// SPDX-License-Identifier: Apache-2.0
// The job's sequence: one arch of one kernel is taken from the volume or compiled here, proven, put in place by rename,
// and left on the volume for the next pod. Runs at the lowest CPU and I/O priority. However it ends, the former state
// stays whole. Used by main.cpp.
#pragma once

#include <string>

#include "podspec/pod_spec.hpp"

namespace tmplbuild::job {

struct JobPlaces {
    std::string home = "/opt/tmplbuild";  // this pod's own disk
    std::string volume = "/workspace";    // may be absent, read-only or full
    std::string work = "/var/tmp";        // space for the toolchain and the compile
    std::string cgroup = "/sys/fs/cgroup";
    std::string pod;                   // the platform's name for this pod; may be empty
    std::int64_t lease_seconds = 120;  // a lease that was not renewed for so long counts as abandoned
};

// Reports to the launcher (report.hpp) and returns the exit code. `again`: a person asked for it, so an earlier failure
// does not count.
int compile_kernel(const pod::Kernel& kernel, const std::string& arch, const JobPlaces& places, bool again);

}  // namespace tmplbuild::job
