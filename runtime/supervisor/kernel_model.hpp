// SPDX-License-Identifier: Apache-2.0
// The kernels' part of the pod's state: what is known of the GPUs, and the phase of each kernel. Plain values;
// KernelSteps changes them as a part of transition(). Never asks a driver, never touches a file.
#pragma once

#include <deque>
#include <string>

#include "gpu/verdict.hpp"
#include "loop/poller.hpp"

namespace tmplbuild::launch {

enum class KernelPhase {
    waiting,    // for the verdict, or for its files to be put in place
    compiling,  // its job runs: it takes the variant from the volume, or compiles it
    available,  // a proven variant is in place; not checked on the GPU yet, or only simulated
    active,     // the self-test computed with it, in a service's own Python
    degraded,   // a service's log says that it fell back
    off,        // not used, and that is no failure
    failed,     // cannot be used, because something failed
};
const char* to_string(KernelPhase phase);

// Why a kernel's job ended although nothing is wrong with the kernel: these causes pass without help. The job is
// started again after a pause that doubles.
enum class RetryCause {
    none,
    network,   // a server did not answer, or stopped answering
    damaged,   // what arrived was cut off or has another hash: damaged_limit tries in all
    headroom,  // not enough memory to begin; trying again costs next to nothing
    memory,    // the pod reached its memory limit with the compile half done
};
inline constexpr int damaged_limit = 5;
RetryCause parse_retry_cause(const std::string& word);  // reads the word that the job uses
// The pause before the next job, after `tries` earlier ones in a row; `jitter` is that of backoff_pause().
Time retry_pause(RetryCause cause, int tries, int jitter);

// A short piece of work that a helper process does for one kernel; one at a time, in order.
struct KernelTask {
    enum class Kind {
        activate,    // hash `directory`, compare torch, point `active` to it, write the metadata into the venvs
        deactivate,  // take both away
        match,       // before a start of `service`: compare torch with the one that it was compiled against
        check,       // the self-test in the Python of `service`
    };
    Kind kind = Kind::deactivate;
    std::string directory{}, digest{};      // activate
    std::string distribution{}, version{};  // activate: what pip lists
    std::size_t service = 0;                // match, check; the number of services means none
    bool abandoned = false;                 // its answer no longer changes anything
};

struct KernelState {
    KernelPhase phase = KernelPhase::waiting;
    Time since = 0;
    std::string reason{};
    gpu::KernelVerdict verdict{};
    bool judged = false;     // whether `verdict` has been given
    bool in_place = false;   // `active` points to a variant or to the fallback, and services start with it
    bool fallback = false;   // what is in place is the fallback
    bool settled = false;    // services need not wait for it any more
    bool checked = false;    // the self-test has answered for what is in place
    bool simulated = false;  // a stand-in for a driver answered
    bool compiling = false;  // its job runs
    bool put_off = false;    // a person has switched it off
    bool ask_anew = false;   // a person asked for it, so the job tries again what failed before
    int percent = 0;         // of the job
    std::int64_t seconds_left = -1;
    Time next_try = never;           // its job ended for a cause that passes; it starts again then
    int retries = 0;                 // how often in a row
    int damaged = 0;                 // how many of these were for damaged downloads
    std::deque<KernelTask> tasks{};  // the first one is under way
    Time task_by = never;            // when the first one is aborted
};

struct HostPart {
    gpu::HostVerdict verdict{};
    gpu::Answer answer{};
    bool decided = false;
    Time decide_by = never;  // services wait for the verdict until then
    bool waited = false;     // the time until decide_by has passed
};

}  // namespace tmplbuild::launch
