// SPDX-License-Identifier: Apache-2.0
// A service, as pod.json and the launcher have it, and as the template yields it. Plain values: their names in files
// and their right values stand in service_fields.hpp, which has a row for each member here. Starts nothing.
#pragma once

#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tmplbuild::pod {

// The question whether a service is ready; it is asked until the first yes.
struct Probe {
    enum class Kind {
        none,  // ready as soon as it runs (a oneshot: as soon as it ended with 0)
        http,  // GET `http` on the service's own host and port answers 200..399
        tcp,   // a connection to the service's own host and port is accepted
        exec,  // `exec`, run as the service is (user, directory, environment), ends with 0
        log,   // a line of the service's output contains `log`
    };
    Kind kind = Kind::none;
    std::string http;                 // an absolute path with an optional query: "/system_stats"
    std::vector<std::string> exec;    // an argument vector, no shell
    std::string log;                  // plain text, not a pattern
    std::uint16_t port = 0;           // 0: the service's own
    std::int64_t interval_ms = 250;   // pause between two attempts, 10..3'600'000
    std::int64_t timeout_ms = 5'000;  // of one attempt, 10..3'600'000
    // A service that is not ready this long after its start is shown as unhealthy (and keeps running). 0: never.
    std::int64_t deadline_ms = 120'000;
    bool operator==(const Probe&) const = default;
};

struct Restart {
    enum class Policy { always, on_failure, never };  // a oneshot that ended with 0 is never started again
    Policy policy = Policy::always;
    std::int64_t budget = 0;               // starts that a row of failures may use after the first one; 0: no limit
    std::int64_t backoff_min_ms = 500;     // the first pause; doubled after each failure, with 10 % jitter
    std::int64_t backoff_max_ms = 30'000;  // the longest pause
    std::int64_t stable_ms = 60'000;       // after this long a run resets pause and budget
    bool operator==(const Restart&) const = default;
};

struct ResourceLimit {
    std::string resource;  // setrlimit's name in lower case without RLIMIT_: "nofile", "memlock", "core", …
    std::optional<std::uint64_t> soft;  // none: unlimited
    std::optional<std::uint64_t> hard;  // none: unlimited
    bool operator==(const ResourceLimit&) const = default;
};

// How the launcher asks whether a service is idle before it restarts it for a kernel.
struct Idle {
    std::string http;                // GET this path; empty: the service cannot be asked
    std::vector<std::string> empty;  // members of the JSON answer that are all empty arrays when it is idle
    bool operator==(const Idle&) const = default;
};

// Which Host and Origin a service behind the gateway sees: the browser's own, or its own private address, for programs
// that take no other.
enum class OriginUse { keep, rewrite };

enum class OnKernelReady { notify, restart, restart_when_idle };

// A variable that the launcher sets: to `from`'s value where the pod has it, else to 32 random bytes as hex, which the
// pod's log shows once ("jupyterlab: token 3f…").
struct GeneratedSecret {
    std::string variable;  // "JUPYTER_TOKEN"
    std::string from;      // "JUPYTER_PASSWORD"; empty: always made
    bool operator==(const GeneratedSecret&) const = default;
};

// The first signal that a service gets when it is to stop; the value is the signal's number.
enum class StopSignal {
    term = SIGTERM,
    interrupt = SIGINT,
    quit = SIGQUIT,
    hangup = SIGHUP,
    user1 = SIGUSR1,
    user2 = SIGUSR2,
    kill = SIGKILL,  // stops at once, without a grace period
    window_change = SIGWINCH,
};

struct Service {
    std::string name;                  // [a-z0-9][a-z0-9._-]*, at most 63 bytes, unique
    std::vector<std::string> command;  // argument vector; placeholders {host}, {port}, {public_port}, {name}
    std::string directory;             // absolute; empty: "/"
    std::map<std::string, std::string> environment;  // on top of the pod's; values may hold the placeholders
    std::vector<GeneratedSecret> generated_secrets;
    std::string user;                    // "name", "name:group", "uid" or "uid:gid"; empty: the launcher's own
    std::optional<std::uint32_t> umask;  // 0..0777; none: inherited
    std::vector<ResourceLimit> rlimits;
    std::uint16_t port = 0;                  // the public port; 0: none
    std::uint16_t private_port = 0;          // what it binds behind the gateway, {port}; 0: the public one
    std::string host = "127.0.0.1";          // what it binds, {host}; "0.0.0.0" when it serves its public port itself
    bool is_public = false;                  // the template's `public = true`: no gateway, no login in front
    std::vector<std::string> entry = {"/"};  // paths that a link on another site may open, when signed in
    OriginUse origin = OriginUse::keep;
    Probe ready;
    // Asked while the service is ready, by http, tcp or exec; none: it is not asked again. `health_failures` failures
    // in a row make it unhealthy, one yes makes it ready again. It never ends the service. This probe has no deadline.
    Probe health;
    std::int64_t health_failures = 3;  // 1..1'000
    std::vector<std::string> needs;    // services that must be ready (oneshots: done) before this one starts
    bool oneshot = false;              // runs to its end once; ended with 0 is "done"
    std::vector<std::string> uses_kernels;
    std::vector<std::string> args_with_kernel;  // appended while every used kernel is in place
    std::vector<std::string> args_without_gpu;  // appended when the pod has no usable GPU
    std::string degraded_log;  // what the service prints when it fell back to slower code; empty: nothing known
    OnKernelReady on_kernel_ready = OnKernelReady::restart_when_idle;
    Idle idle;
    Restart restart;
    bool critical = false;  // its final failure ends the pod (exit code 70)
    // People log in through it (SSH): the sessions that it starts are theirs, and outlive its end and its restart.
    bool logins = false;
    std::int64_t stop_grace_ms = 5'000;  // between stop_signal and KILL, 0..600'000
    StopSignal stop_signal = StopSignal::term;

    // Why the entry cannot be used, in words; read_pod_spec() sets it. Such a service is shown as failed and never
    // started. Never written.
    std::string unusable;

    std::uint16_t bind_port() const { return private_port != 0 ? private_port : port; }
    bool operator==(const Service&) const = default;
};

}  // namespace tmplbuild::pod
