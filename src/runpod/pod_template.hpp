// SPDX-License-Identifier: Apache-2.0
// The body of a template for RunPod's REST API v2 (POST /v2/templates; openapi.json of runpod/docs, 2026-08-20), made
// from [runpod] and what the image itself says. Used by the command `runpod`, its lints and its client. Pure. The API
// refuses every field that it does not know, so no other may be here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "runpod/image_facts.hpp"
#include "template/template.hpp"

namespace tmplbuild::runpod {

struct Port {
    std::uint16_t number = 0;
    bool is_http = true;  // by the proxy, with TLS; else a TCP port that RunPod maps
    std::string service;  // whose it is; "console" is the console's own

    std::string to_string() const;  // "8188/http"
};

struct PodTemplate {
    std::string name, image;
    std::string args;  // one string, each word quoted where it has to be
    std::uint64_t disk_gb = 0;
    std::uint64_t volume_gb = 0;  // 0: none
    std::map<std::string, std::string> environment{};
    std::vector<Port> ports{};
    std::string registry{};  // the id of a login; empty: none
    std::string category{};
    std::vector<std::string> cuda_versions{};
    bool is_public = false;
    bool start_ssh = false;      // RunPod puts PUBLIC_KEY into the pod
    bool start_jupyter = false;  // RunPod puts JUPYTER_PASSWORD into the pod

    // Every field is named, also those with a default, since some of the API's defaults are not ours.
    json::object to_json() const;
};

// `name` is the template's own.
PodTemplate make_pod_template(const RunpodOptions& options, const std::string& name, const ImageFacts& image);

// The public ports of a pod: the console's first, then the services' in their order. SSH and the ports in `tcp` are
// TCP, all others HTTP: RunPod's proxy speaks nothing else.
std::vector<Port> ports_of(const pod::PodSpec& spec, const std::vector<std::uint16_t>& tcp);
// Whether a service takes logins by the key in PUBLIC_KEY.
bool has_ssh(const pod::PodSpec& spec);
// The versions that a host may have whose driver serves `floor`; empty where the image asks for none.
std::vector<std::string> versions_from(std::string_view floor);
// GB of a container's disk for an image that takes so many bytes: a tenth more and 10 GB to work in, in steps of 5.
std::uint64_t disk_for(std::uint64_t unpacked);
// The words as a POSIX shell would read them back as these.
std::string quoted_words(const std::vector<std::string>& words);

}  // namespace tmplbuild::runpod
