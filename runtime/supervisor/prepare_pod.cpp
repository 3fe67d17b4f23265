// SPDX-License-Identifier: Apache-2.0
#include "supervisor/prepare_pod.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "gpu/verdict.hpp"
#include "supervisor/environment.hpp"

namespace tmplbuild::launch {

static std::string why_unusable(const pod::PodSpec& spec, std::size_t i, const pod::ExpandedService& expanded) {
    for (std::size_t j = 0; j < i; ++j)
        if (spec.services[j].name == spec.services[i].name) return "another service has the same name";
    for (const std::string& need : spec.services[i].needs) {
        const bool known = std::any_of(spec.services.begin(), spec.services.end(),
                                       [&](const pod::Service& other) { return other.name == need; });
        if (!known) return "it needs '" + need + "', which is not a service of this pod";
    }
    if (expanded.command.empty() || expanded.command[0].empty()) return "its command is empty";
    return {};
}

std::vector<pod::ExpandedService> expand_services(pod::PodSpec& spec, const std::string& file) {
    std::vector<pod::ExpandedService> out(spec.services.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        pod::Service& service = spec.services[i];
        if (!service.unusable.empty()) continue;
        auto expanded = pod::expand_service(service, file);
        if (!expanded) {
            service.unusable = expanded.error().message;
            continue;
        }
        out[i] = std::move(*expanded);
        service.unusable = why_unusable(spec, i, out[i]);
    }
    return out;
}

void choose_modes(pod::PodSpec& spec, const std::vector<std::string>& environment) {
    for (pod::Kernel& kernel : spec.kernels) {
        const auto choice = gpu::choose_install(kernel, value_in(environment, kernel.env_var));
        kernel.install = choice.mode;
        if (!choice.complaint.empty()) spec.notes.push_back(choice.complaint);
    }
}

// `active` points to an empty folder until a variant is switched on: a Python that was started before and found nothing
// in that folder looks there again. Where /run cannot be written, the later switch reports it.
void lay_kernel_places(const pod::PodSpec& spec) {
    for (const pod::Kernel& kernel : spec.kernels) {
        if (kernel.name.empty() || kernel.name[0] == '.' || kernel.name.find('/') != std::string::npos) continue;
        const std::string folder = "/run/tmplbuild/kernels/" + kernel.name;
        for (const std::string& path :
             {std::string("/run/tmplbuild"), std::string("/run/tmplbuild/kernels"), folder, folder + "/none"})
            ::mkdir(path.c_str(), 0755);
        if (::symlink("none", (folder + "/active").c_str()) != 0)
            continue;  // a variant of an earlier start is there, or the link cannot be made
    }
}

WriterOptions log_writer_options(const pod::PodSpec& spec, const std::vector<std::string>& environment,
                                 const std::string& host) {
    WriterOptions out;
    if (const std::string volume = value_in(environment, "TMPLBUILD_VOLUME"); !volume.empty()) out.volume = volume;
    const std::string given = value_in(environment, "RUNPOD_POD_ID");
    out.pod.clear();
    for (const char c : given.empty() ? host : given)
        out.pod += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ? c : '_';
    if (out.pod.empty()) out.pod = "pod";
    out.file_bytes = static_cast<std::uint64_t>(spec.log_file_bytes);
    out.files = static_cast<unsigned>(spec.log_files);
    return out;
}

}  // namespace tmplbuild::launch
