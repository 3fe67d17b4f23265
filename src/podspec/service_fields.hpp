// SPDX-License-Identifier: Apache-2.0
// The fields of a service, and of the pod around it: the one table of their names in pod.json and in a template, of
// their right values, and of their meaning. A field that is left out has the default of its member in service.hpp.
// pod.json's reader, writer and check walk over it, and so do the reader and the schema of [[services]] in src/template
// (field.hpp says how). CONTRIBUTING.md: "Add a key to a service". Rules between two fields are in check.cpp and
// template/read_services.cpp.
#pragma once

#include "podspec/field.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::pod {

inline constexpr std::int64_t hour_ms = 3'600'000;
inline constexpr std::int64_t day_ms = 24 * hour_ms;

// A template's probes are read by template/service_values.hpp, since their words differ between `ready` and `health`.
inline constexpr std::tuple probe_fields{
    Field("tcp", &Probe::kind, TcpFlag{}),
    Field("http", &Probe::http, UrlPath{}),
    Field("exec", &Probe::exec, Texts{}),
    Field("log", &Probe::log, Text{}),
    Field("port", &Probe::port, Port{}),
    Field("interval_ms", &Probe::interval_ms, Number{10, hour_ms}),
    Field("timeout_ms", &Probe::timeout_ms, Number{10, hour_ms}),
    Field("deadline_ms", &Probe::deadline_ms, Number{0, day_ms}),
};
struct ReadyProbe : Object<probe_fields> {};
struct HealthProbe : Object<probe_fields> {};

inline constexpr std::tuple restart_fields{
    Field("policy", &Restart::policy, Word{Restart::Policy::on_failure},
          {"restart", "When it is started again after it ended."}),
    Field("budget", &Restart::budget, Number{0, 1'000'000}),
    Field("backoff_min_ms", &Restart::backoff_min_ms, Number{1, hour_ms}),
    Field("backoff_max_ms", &Restart::backoff_max_ms, Number{1, day_ms}),
    Field("stable_ms", &Restart::stable_ms, Number{0, day_ms}),
};

inline constexpr std::tuple idle_fields{
    Field("http", &Idle::http, UrlPath{}, {"http", "A path on its port that answers JSON.", "http = \"/queue\""}),
    Field("empty", &Idle::empty, Texts{},
          {"empty", "Keys whose values are empty when it is idle.", "empty = [\"queue_running\"]"}),
};

inline constexpr std::tuple service_fields{
    Field("name", &Service::name, Name{}, {"name", "Its name, in logs and in 'needs'.", "name = \"…\""}),
    Field(
        "command", &Service::command, Command{},
        {"command", "The program and its arguments. {host}, {port}, {public_port} and {name} are filled in on the pod.",
         "command = [\"…\"]"}),
    Field("directory", &Service::directory, AbsolutePath{}, {"directory", "Where it starts."}),
    Field("environment", &Service::environment, Environment{}, {"environment", "On top of the image's."}),
    Field("generated_secrets", &Service::generated_secrets, Secrets{},
          {"secrets", "Variables whose value is the pod's, or else made at its start."}),
    Field("user", &Service::user, User{},
          {"user", "\"name\", \"name:group\", \"1000\" or \"1000:1000\"; left out, root."}),
    Field("port", &Service::port, Port{}, {"port", "Its public port."}),
    Field("private_port", &Service::private_port, Port{}),
    Field("host", &Service::host, Text{}),
    Field("public", &Service::is_public, Flag{},
          {"public", "Served without the gateway's login. Anybody who knows the pod's address can use it."}),
    Field("entry", &Service::entry, UrlPaths{},
          {"entry",
           "Paths that a link on another site may open once signed in; the console's link leads to the first. Opened "
           "like that, every other path asks first."}),
    Field("origin", &Service::origin, Word{OriginUse::keep},
          {"origin",
           "What the service sees as Host and Origin: the browser's own, or its own address behind the gateway, for "
           "programs that refuse a foreign one."}),
    Field("ready", &Service::ready, ReadyProbe{},
          {"ready", "When the service counts as ready: exactly one of 'http', 'tcp', 'exec' and 'log'."}),
    Field("health", &Service::health, HealthProbe{},
          {"health",
           "Asked while it is ready: exactly one of 'http', 'tcp' and 'exec'. Left out, it is not asked again."}),
    Field("health_failures", &Service::health_failures, Number{1, 1'000}),
    Field("umask", &Service::umask, Umask{}, {"umask", "Octal."}),
    Field("rlimits", &Service::rlimits, Limits{}, {"limits", "Resource limits by setrlimit's names, in its units."}),
    Field("needs", &Service::needs, Names{}, {"needs", "Services that must be ready first."}),
    Field("uses_kernels", &Service::uses_kernels, Names{},
          {"uses_kernels", "Kernels that it uses, by name: it waits for their verdict, 10 s at most."}),
    Field("args_with_kernel", &Service::args_with_kernel, Arguments{},
          {"args_with_kernel", "Arguments that are added while a kernel is switched on."}),
    Field("args_without_gpu", &Service::args_without_gpu, Arguments{},
          {"args_without_gpu", "Arguments that are added on a pod without a GPU."}),
    Field("degraded_log", &Service::degraded_log, Text{},
          {"degraded_log", "The service's own words for having fallen back."}),
    Field("on_kernel_ready", &Service::on_kernel_ready, Word{OnKernelReady::notify},
          {"on_kernel_ready", "What happens when a kernel becomes ready later."}),
    Field("idle", &Service::idle, Object<idle_fields>{}, {"idle", "How the service says that it is idle."}),
    Field("restart", &Service::restart, Spread<restart_fields>{}),
    Field("oneshot", &Service::oneshot, Flag{}, {"oneshot", "Runs to its end once, and is ready when that was 0."}),
    Field("critical", &Service::critical, Flag{}, {"critical", "Its final failure ends the pod with code 70."}),
    Field("logins", &Service::logins, Flag{},
          {"logins", "People log in by it: what it started in sessions of its own outlives its end and its restart."}),
    Field("stop_grace_ms", &Service::stop_grace_ms, Duration{{0, 600'000}, 1, 9},
          {"stop_grace", "Seconds between the stop signal and the kill."}),
    Field("stop_signal", &Service::stop_signal, Word{StopSignal::term, "SIG"},
          {"stop_signal",
           "What it is told first when it is to stop, with or without SIG; KILL follows after the grace."}),
};

// The pod's own fields, besides its version, services and kernels.
inline constexpr std::tuple pod_fields{
    Field("name", &PodSpec::name, Text{}),
    Field("console_port", &PodSpec::console_port, Port{}),
    Field("constraints", &PodSpec::constraints, Text{}),
    Field("cuda", &PodSpec::cuda, Text{}),
    Field("minimum_driver", &PodSpec::minimum_driver, Text{}),
    Field("stop_total_ms", &PodSpec::stop_total_ms, Number{100, 600'000}),
    Field("log_file_bytes", &PodSpec::log_file_bytes, Number{100'000, 1'000'000'000}),
    Field("log_files", &PodSpec::log_files, Number{1, 100}),
};

}  // namespace tmplbuild::pod
