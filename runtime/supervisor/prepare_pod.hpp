// SPDX-License-Identifier: Apache-2.0
// Turns pod.json and the pod's variables into what is to run, before anything starts. Used once, by the engine. Starts
// nothing; only lay_kernel_places() touches files.
#pragma once

#include <string>
#include <vector>

#include "podlog/writer.hpp"
#include "podspec/placeholders.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::launch {

// Replaces the placeholders of each service. A service that cannot run at all is marked `unusable`, with the reason.
// `file` is pod.json's name for messages.
std::vector<pod::ExpandedService> expand_services(pod::PodSpec& spec, const std::string& file);
// Applies the pod's INSTALL_ variables; an invalid value is noted for the log.
void choose_modes(pod::PodSpec& spec, const std::vector<std::string>& environment);
// Makes the folders from which services import kernels, before any service looks there.
void lay_kernel_places(const pod::PodSpec& spec);
// Where this pod keeps its log files, and under which name. `host`: the name where RunPod gives none.
WriterOptions log_writer_options(const pod::PodSpec& spec, const std::vector<std::string>& environment,
                                 const std::string& host);

}  // namespace tmplbuild::launch
