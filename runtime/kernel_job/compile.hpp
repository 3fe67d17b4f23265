// SPDX-License-Identifier: Apache-2.0
// The job's story: one arch of one kernel, from the volume or compiled here, proven, in place by rename, left on the
// volume for the next pod. Runs at the lowest CPU and I/O priority; whatever ends it, what was there before is whole.
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
    std::int64_t lease_seconds = 120;  // a lease that was not renewed for so long is nobody's
};

// Tells the launcher (report.hpp) and returns the exit code. `again`: a person asked, so an earlier failure counts not.
int compile_kernel(const pod::Kernel& kernel, const std::string& arch, const JobPlaces& places, bool again);

}  // namespace tmplbuild::job
