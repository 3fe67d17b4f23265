// SPDX-License-Identifier: Apache-2.0
// Before anything starts: what pod.json says, together with the pod's variables, made into what is to run. Used once,
// by the engine. Starts nothing; only lay_kernel_places() touches a file.
#pragma once

#include <string>
#include <vector>

#include "podlog/writer.hpp"
#include "podspec/placeholders.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::launch {

// Each service with its placeholders filled in. One that cannot run at all is marked `unusable`, with the reason.
// `file`: pod.json, for messages.
std::vector<pod::ExpandedService> expand_services(pod::PodSpec& spec, const std::string& file);
// What the pod's INSTALL_ variables ask for; a value that means nothing is noted for the log.
void choose_modes(pod::PodSpec& spec, const std::vector<std::string>& environment);
// The folders from which services import kernels, before any service can look there.
void lay_kernel_places(const pod::PodSpec& spec);
// Where this pod keeps its log files, and under which name. `host`: its name where RunPod gives it none.
WriterOptions log_writer_options(const pod::PodSpec& spec, const std::vector<std::string>& environment,
                                 const std::string& host);

}  // namespace tmplbuild::launch
