// SPDX-License-Identifier: Apache-2.0
// pod.json: what the builder tells the launcher about a pod, as plain values; its text form; its check. The builder
// writes it into the image (/opt/tmplbuild/pod.json), the launcher reads it. The format is ours: service_fields.hpp and
// kernel_fields.hpp name every field. Never starts or looks up anything on the machine where it runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "podspec/kernel_spec.hpp"
#include "podspec/service.hpp"

namespace tmplbuild::pod {

// The version that is written. Version 2 has a kernel's `modules`, its source's `submodules` and the word "prebuilt",
// and no `build.strip`, since src/compile decides that. A file of version 1 has the same meaning without them, and is
// read too.
inline constexpr std::int64_t pod_spec_version = 2;
inline constexpr std::int64_t oldest_pod_spec_version = 1;
inline constexpr const char* pod_spec_path = "/opt/tmplbuild/pod.json";

struct PodSpec {
    std::int64_t version = pod_spec_version;
    std::string name;  // the template's
    std::vector<Service> services;
    std::vector<Kernel> kernels;
    std::uint16_t console_port = 0;      // 0: no console
    std::string constraints;             // PIP_CONSTRAINT and UV_CONSTRAINT of every service; empty: none
    std::string cuda;                    // the newest CUDA that the image's torch or kernels want: "13.0"
    std::string minimum_driver;          // the oldest driver for it: "580.65.6"; both empty: the image asks for none
    std::int64_t stop_total_ms = 9'000;  // of the whole stop, below the platform's 10 s; 100..600'000
    std::int64_t log_file_bytes = 5'000'000;  // of one log file, 100'000..1'000'000'000
    std::int64_t log_files = 4;               // of one service, the present one included, 1..100

    std::vector<std::string> notes;  // one sentence for each key that read_pod_spec() does not know; never written
    bool operator==(const PodSpec&) const = default;
};

// Canonical JSON: equal specs give equal bytes; values that equal their default are left out. Ends with a newline.
std::string write_pod_spec(const PodSpec& spec);
// An error where the text is not JSON, not an object, or of another version. One service or kernel that cannot be used
// does not make the rest unusable: see Service::unusable. `file` is named in errors.
Result<PodSpec> read_pod_spec(std::string_view text, const std::string& file = pod_spec_path);
// Everything that is wrong within and between services, one error each; empty when the pod can start as written. Says
// nothing about files inside the image: the builder's verify step looks at those.
std::vector<Error> check_pod_spec(const PodSpec& spec, const std::string& file = pod_spec_path);

}  // namespace tmplbuild::pod
