// SPDX-License-Identifier: Apache-2.0
// The kernels' part of the pod's state: what was found out about the GPUs, and where each kernel stands. Plain values;
// kernel_steps.cpp changes them, as a part of transition(). Never asks a driver, never touches a file.
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
    off,        // not used, for a reason that is not a failure
    failed,     // for a reason that is one
};
const char* to_string(KernelPhase phase);

// Why a kernel's job ended though nothing is wrong with the kernel: causes that pass by themselves. It is started again
// after a pause that doubles.
enum class RetryCause {
    none,
    network,   // nobody answered, or not to the end
    damaged,   // what arrived was cut, or is something else: tried damaged_limit times in all
    headroom,  // not enough memory to begin: asking again costs next to nothing
    memory,    // the compile met the limit of the pod's memory, with its work half done
};
inline constexpr int damaged_limit = 5;
RetryCause parse_retry_cause(const std::string& word);  // as the job says it
// The pause before the next job, after `tries` earlier ones in a row; `jitter` as of backoff_pause().
Time retry_pause(RetryCause cause, int tries, int jitter);

// A short piece of work that a helper process does for one kernel; one at a time, in order.
struct KernelTask {
    enum class Kind {
        activate,    // hash `directory`, compare torch, let `active` name it, put the metadata into the venvs
        deactivate,  // take both away
        match,       // before a start of `service`: is torch still the one that it was compiled against?
        check,       // the self-test in the Python of `service`
    };
    Kind kind = Kind::deactivate;
    std::string directory{}, digest{};      // activate
    std::string distribution{}, version{};  // activate: what pip is to see
    std::size_t service = 0;                // match, check; one past the last: no service
    bool abandoned = false;                 // its answer changes nothing any more
};

struct KernelState {
    KernelPhase phase = KernelPhase::waiting;
    Time since = 0;
    std::string reason{};
    gpu::KernelVerdict verdict{};
    bool judged = false;     // the verdict is a verdict
    bool in_place = false;   // `active` names a variant or the fallback: services start with it
    bool fallback = false;   // what is in place is the fallback
    bool settled = false;    // services need not wait for it any more
    bool checked = false;    // the self-test gave an answer for what is in place
    bool simulated = false;  // a stand-in for a driver answered
    bool compiling = false;  // its job runs
    bool put_off = false;    // a person switched it off
    bool ask_anew = false;   // a person asked: the job is to try what failed before
    int percent = 0;         // of the job
    std::int64_t seconds_left = -1;
    Time next_try = never;           // its job ended for a cause that passes, and begins again then
    int retries = 0;                 // how often in a row
    int damaged = 0;                 // how often of these for what arrived damaged
    std::deque<KernelTask> tasks{};  // the first one is under way
    Time task_by = never;            // when the first one is given up
};

struct HostPart {
    gpu::HostVerdict verdict{};
    gpu::Answer answer{};
    bool decided = false;
    Time decide_by = never;  // services wait for the verdict until then
    bool waited = false;     // the time until decide_by has passed
};

}  // namespace tmplbuild::launch
