// SPDX-License-Identifier: Apache-2.0
#include "runpod/lints.hpp"

#include <algorithm>
#include <functional>

#include "base/secret_name.hpp"
#include "base/text.hpp"
#include "kernel/version.hpp"
#include "runpod/platform.hpp"

namespace tmplbuild::runpod {

namespace {

using Lints = std::vector<Lint>;

void image_name(const PodTemplate& t, const ImageFacts&, Lints& out) {
    if (t.image.empty())
        out.push_back(
            {Weight::error, "image-not-pushed", "it is not said from which registry hosts fetch the image",
             "write image = \"ghcr.io/me/name\" under [runpod], or name the pushed one by --image docker://…"});
}

void entry_point(const PodTemplate&, const ImageFacts& image, Lints& out) {
    // RunPod's API has no field for it, so it can only stand in the image.
    if (image.entrypoint != std::vector<std::string>{"/opt/tmplbuild/launcher"})
        out.push_back(
            {Weight::error, "entrypoint-not-launcher",
             "the image does not start the launcher: its entry point is '" + join(image.entrypoint, " ") + "'",
             "build the image with `tmplbuild build`; RunPod's API cannot set another entry point"});
    if (!image.has_pod_spec)
        out.push_back({Weight::error, "no-pod-spec",
                       "the image has no /opt/tmplbuild/pod.json: nothing says what runs in it",
                       "build the image with `tmplbuild build`"});
}

void disk(const PodTemplate& t, const ImageFacts& image, Lints& out) {
    const std::uint64_t given = t.disk_gb * 1'000'000'000;
    if (given < image.unpacked)
        out.push_back({Weight::error, "disk-below-image",
                       "the container's disk has " + std::to_string(t.disk_gb) + " GB, and the image takes " +
                           human_bytes(image.unpacked) + " of it: the pod never starts",
                       "disk_gb = " + std::to_string(disk_for(image.unpacked)) + " under [runpod], or leave it out"});
}

void volume(const PodTemplate& t, const ImageFacts& image, Lints& out) {
    if (t.volume_gb != 0 && t.volume_gb < least_volume_gb)
        out.push_back({Weight::error, "volume-too-small",
                       "a volume has at least " + std::to_string(least_volume_gb) + " GB, and this one " +
                           std::to_string(t.volume_gb),
                       "volume_gb = " + std::to_string(least_volume_gb) + " under [runpod], or 0 for none"});
    if (!image.on_mount_path.empty())
        out.push_back(
            {Weight::error, "content-under-mount-path",
             "the image has '" + image.on_mount_path + "', which the volume at " + std::string(mount_path) + " hides",
             "put it under /opt"});
}

void owners(const PodTemplate&, const ImageFacts& image, Lints& out) {
    const std::string limit =
        "no user or group above " + std::to_string(highest_owner) + " exists in a container there";
    if (!image.large_owner.empty())
        out.push_back({Weight::error, "owner-too-high",
                       "'" + image.large_owner + "' in the image has an owner that hosts cannot map: " + limit,
                       "give it to a user of the image (chown) in the step that makes it"});
    const auto look = [&](const std::string& what, const std::string& user) {
        for (const std::string& part : split(user, ':'))
            if (const auto number = parse_whole(part, 0, INT64_MAX); number && *number > highest_owner)
                out.push_back({Weight::error, "user-too-high", what + " runs as '" + user + "': " + limit,
                               "a number below " + std::to_string(highest_owner + 1)});
    };
    look("the image", image.user);
    for (const pod::Service& service : image.spec.services) look("service '" + service.name + "'", service.user);
}

void registry(const PodTemplate& t, const ImageFacts& image, Lints& out) {
    if (image.is_private.value_or(false) && t.registry.empty())
        out.push_back({Weight::error, "private-without-registry",
                       "the registry gives '" + t.image + "' to nobody without a login: hosts could not pull it",
                       "registry = \"ID\" under [runpod], the id of a login that RunPod knows; or make it public"});
}

void cuda(const PodTemplate& t, const ImageFacts& image, Lints& out) {
    const auto floor = kernel::Version::parse(image.spec.cuda);
    if (t.category != "NVIDIA") {
        if (floor)
            out.push_back(
                {Weight::warning, "cuda-without-gpu",
                 "the image wants CUDA " + image.spec.cuda + ", and the template asks for " + t.category + " machines",
                 "category = \"NVIDIA\" under [runpod]"});
        return;
    }
    if (!floor) return;
    const std::string newest(cuda_versions.back());
    if (*floor > *kernel::Version::parse(newest)) {
        out.push_back(
            {Weight::error, "cuda-above-hosts",
             "the image wants CUDA " + image.spec.cuda + ", and the newest that hosts are known to have is " + newest,
             "an older torch or kernel toolkit; or, where hosts have it meanwhile, cuda_versions under "
             "[runpod]"});
        return;
    }
    const auto has = [&](const std::string& version) {
        return std::find(t.cuda_versions.begin(), t.cuda_versions.end(), version) != t.cuda_versions.end();
    };
    std::vector<std::string> too_old, left_out;
    for (const std::string& version : t.cuda_versions)
        if (const auto parsed = kernel::Version::parse(version); parsed && *parsed < *floor) too_old.push_back(version);
    for (const std::string& version : versions_from(image.spec.cuda))
        if (!has(version)) left_out.push_back(version);
    if (!too_old.empty())
        out.push_back({Weight::error, "cuda-below-image",
                       "hosts with CUDA " + join(too_old, ", ") + " are let in, and the image wants " + image.spec.cuda,
                       "leave cuda_versions out: the list is made from the image"});
    if (!left_out.empty())
        out.push_back({Weight::warning, "cuda-list-narrow",
                       "hosts with CUDA " + join(left_out, ", ") + " would serve the image and are kept out",
                       "leave cuda_versions out: the list is made from the image"});
}

void ports(const PodTemplate& t, const ImageFacts& image, Lints& out) {
    const auto http = std::count_if(t.ports.begin(), t.ports.end(), [](const Port& port) { return port.is_http; });
    if (http > static_cast<std::ptrdiff_t>(most_http_ports))
        out.push_back({Weight::error, "too-many-http-ports",
                       "RunPod opens " + std::to_string(most_http_ports) + " HTTP ports, and the services have " +
                           std::to_string(http),
                       "let services share a port, or leave the port of one out"});
    const bool takes_keys = t.environment.contains("PUBLIC_KEY") || image.environment.contains("PUBLIC_KEY");
    if (takes_keys && !has_ssh(image.spec))
        out.push_back({Weight::warning, "key-without-sshd",
                       "PUBLIC_KEY is set, and no service takes logins by it: nobody gets in by SSH",
                       "use = \"sshd\" under [[layers]]"});
    if (!t.ports.empty()) return;
    out.push_back(
        {Weight::warning, "no-ports", "no service has a port: nobody reaches the pod", "port = … on a service"});
}

void variables(const PodTemplate& t, const ImageFacts& image, Lints& out) {
    if (t.environment.size() > most_variables)
        out.push_back({Weight::error, "too-many-variables",
                       "RunPod takes " + std::to_string(most_variables) + " variables, and the template has " +
                           std::to_string(t.environment.size()),
                       "put what no renter changes into the image: environment under [image]"});
    for (const auto& [name, value] : t.environment)
        if (is_secret_name(name) && !value.empty() && !value.starts_with(secret_prefix))
            out.push_back(
                {Weight::error, "secret-in-plain",
                 "the value of " + name + " stands in the template for everybody to read",
                 "secrets = { " + name + " = \"NAME\" } under [runpod], by the name of a secret of the account"});
    for (const auto& [name, value] : image.environment)
        if (is_secret_name(name) && !value.empty())
            out.push_back({Weight::error, "secret-in-image",
                           "the value of " + name + " stands in the image for everybody who pulls it",
                           "take it out of environment under [image]; on a pod, secrets under [runpod] set it"});
}

}  // namespace

std::vector<Lint> lint(const PodTemplate& pod_template, const ImageFacts& image) {
    Lints out;
    for (const auto& look : {image_name, entry_point, disk, volume, owners, registry, cuda, ports, variables})
        look(pod_template, image, out);
    return out;
}

}  // namespace tmplbuild::runpod
