// SPDX-License-Identifier: Apache-2.0
// The checked content of one template.toml: plain values, each with its place in the file. Made by
// parse_template_file(), read by resolve/, plan/ and engine/; after planning nobody reads it. Never holds a fact that
// needs disk, network or clock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/compression.hpp"
#include "base/error.hpp"
#include "podspec/service.hpp"
#include "template/base_choice.hpp"
#include "template/kernel_use.hpp"
#include "template/layer.hpp"

namespace tmplbuild {

// One `[[services]]` entry: all that pod.json says of it except `host`, and its place in the template.
struct TemplateService {
    pod::Service service;
    SourcePos pos;
};

struct ImageOptions {
    Compression compression = Compression::zstd;  // or gzip
    std::optional<std::uint64_t>
        max_pull_size;  // bytes that a host may have to fetch, compressed; more fails the build
    StringMap environment, labels, annotations;
    std::string user;  // of the launcher; empty: the base's, else root
    std::string directory;
};

struct RunpodOptions {
    bool present = false;                        // the template has a [runpod] table
    std::string name;                            // of the RunPod template; empty: the template's own
    std::string id;                              // of the one to change; empty: it is found by its name
    std::string image;                           // the repository that the image is pushed to; empty: --image tells
    std::string registry;                        // RunPod's id of the login for a private image; empty: none
    std::optional<unsigned> volume_gb, disk_gb;  // 0: no volume
    std::string readme, category;                // category empty: NVIDIA
    std::vector<std::uint16_t> tcp_ports;        // of services that serve no HTTP
    std::vector<std::string> args;               // appended to the launcher's own, a word each
    StringMap environment;                       // what a renter sees and may change
    StringMap secrets;                           // variable → the name of a secret of the account
    std::vector<std::string> cuda_versions;      // that hosts may have; empty: all from the image's own on
    bool is_public = false;
};

struct Targets {
    std::vector<kernel::GpuTarget> gpus;  // as written; empty: all that the kernels support
    std::string cuda = "13.0";
};

struct Template {
    std::filesystem::path file;       // the template itself, absolute
    std::filesystem::path directory;  // its folder, from which relative paths count
    std::string name;
    Base base;
    SourcePos base_pos;
    std::vector<Repository> repositories;
    Targets targets;
    std::vector<Layer> layers;  // recipes expanded, in file order
    std::vector<KernelUse> kernels;
    std::vector<std::string> kernels_off;  // names of kernels with install = "off": neither compiled nor in the image
    std::vector<TemplateService> services;
    bool console = true;  // [console] enabled: the console, and the gateway before all services that are not public
    std::uint16_t console_port = 8765;
    FileItem console_catalogue;  // [console] catalogue; without a source: the one that comes with tmplbuild
    ImageOptions image;
    RunpodOptions runpod;
};

}  // namespace tmplbuild
