// SPDX-License-Identifier: Apache-2.0
// The validated intent of one template.toml: plain values, each with its place in the file. Made by parse_template,
// read by resolve/ and plan/; after planning nobody reads it. Never holds a fact that needs disk, network or clock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/compression.hpp"
#include "base/error.hpp"
#include "podspec/kernel_spec.hpp"
#include "podspec/service.hpp"
#include "template/index_strategy.hpp"
#include "template/kernel_recipe.hpp"

namespace tmplbuild {

using StringMap = std::map<std::string, std::string>;

// [base]: exactly one of the three.
struct DebianBase {
    std::string suite;                  // "bookworm"
    std::vector<std::string> packages;  // beyond the minimal system; what recipes bring is merged in, sorted, unique
    std::vector<std::string> sources;   // the image's own sources.list lines; empty: the example that apt ships
};
struct ImageBase {
    std::string reference;  // "docker.io/library/debian:12@sha256:…"
};
struct LayoutBase {
    std::filesystem::path path;  // absolute, after resolving against the template's folder
    std::string tag;             // may be empty: the layout's only image
};
using Base = std::variant<DebianBase, ImageBase, LayoutBase>;

// A repository of Debian packages beside the base's own: what base and apt steps may take packages from as well.
struct Repository {
    std::string name, uri, suite;         // `suite` may be a path that ends with '/'; then there are no components
    std::vector<std::string> components;  // "main"
    std::filesystem::path directory;      // absolute: what `key` starts from and must stay inside
    std::string key;                      // file of the OpenPGP key that its lists are signed with
    SourcePos pos;
};

// One `[[layers]]` entry whose engine makes a layer; `kind` is what its `use` says. `name` is unique and names the
// step; `after` of a run step says what it stands on: absent, all layers above it; given, the base and just the named
// ones (so that independent steps run side by side).
struct FilesLayer {
    static constexpr const char* kind = "files";
    std::vector<FileItem> items;
};
struct FetchLayer {
    static constexpr const char* kind = "fetch";
    std::string url;
    std::string sha256;  // 64 hex digits
    std::string dest;    // file path, or folder when `unpack`
    std::uint32_t mode = 0644;
    bool unpack = false;      // tar.* or zip, by content
    std::uint32_t strip = 0;  // leading path components dropped when unpacking
};
struct GitLayer {
    static constexpr const char* kind = "git";
    std::string url;
    std::string rev;  // 40 hex digits
    std::string dest;
    bool submodules = false;
    bool lfs_pointers = false;  // `lfs = "pointers"`: files that Git LFS keeps elsewhere stay pointers, else an error
};
struct AptLayer {
    static constexpr const char* kind = "apt";
    std::vector<std::string> packages;
};
struct PythonIndex {
    std::string url;                    // http or https, without user and password
    std::vector<std::string> packages;  // these alone come from it, and from nowhere else; empty: whatever it has
    bool is_default = false;            // asked last, instead of the machine's own
    SourcePos pos;
};
struct PythonLayer {
    static constexpr const char* kind = "python";
    std::string venv;                            // absolute path in the image
    std::string python;                          // the base's interpreter: its path, or "3.12"; empty: what PATH finds
    std::vector<std::string> requirements;       // PEP 508; several layers naming one venv are resolved together
    std::vector<std::string> requirements_from;  // "layer:path/inside"
    std::vector<std::string> constraints;
    std::vector<std::string> build_requirements;  // what sdists need to be built and do not say
    std::vector<PythonIndex> indexes;             // in the order in which they are asked
    std::optional<IndexStrategy> index_strategy;  // none: the first index that knows a project has it
    std::vector<std::string> allow_shared;        // distributions that may own each other's files, by name
    std::vector<std::string> allow_bad_record;    // distributions whose RECORD may be wrong, by name
    std::vector<std::filesystem::path> own{};     // absolute: what the tool itself writes, no part of any sources
};
struct RunLayer {
    static constexpr const char* kind = "run";
    std::vector<std::string> command;  // argument vector; or
    std::string script;                // text, run by `sh -eu`
    std::string directory = "/";
    StringMap environment;
    bool network = false;
    std::optional<std::vector<std::string>> after;
    std::vector<std::string> secrets;  // names; each is a file at /run/secrets/<name>, given on the command line
};
using LayerBody = std::variant<FilesLayer, FetchLayer, GitLayer, AptLayer, PythonLayer, RunLayer>;
struct Layer {
    std::string name;
    LayerBody body;
    SourcePos pos;
    std::string from_recipe;  // the recipe that brought it, for messages; empty when written in the template
    const char* kind() const {
        return std::visit([](const auto& one) { return one.kind; }, body);
    }
};

// A template's "false" is an older spelling of `prebuilt`. A kernel that is `off` is none of these: see kernels_off.
struct KernelUse {
    std::string name;  // "sageattention"
    KernelRecipe recipe;
    pod::InstallMode install = pod::InstallMode::background;
    std::vector<std::string> venvs;  // that see it; empty: those with its torch, or all where it needs none
    bool source_in_image = false;    // `source_in_image`: a pod that compiles needs no network for the source
    SourcePos pos;

    // A folder of this machine is nowhere to be fetched from: where the pod may compile, the image has it.
    bool ships_source() const {
        return install != pod::InstallMode::prebuilt && (source_in_image || recipe.source_url.empty());
    }
};

// One `[[services]]` entry: what pod.json says of it, `host` aside, and where it stands.
struct TemplateService {
    pod::Service service;
    SourcePos pos;
};

struct ImageOptions {
    Compression compression = Compression::zstd;  // or gzip
    StringMap environment, labels, annotations;
    std::string user;  // of the launcher; empty: the base's, else root
    std::string directory;
};

struct RunpodOptions {
    std::optional<unsigned> volume_gb, disk_gb;
    std::string readme, category;
    bool is_public = false;
    bool present = false;  // the template has a [runpod] table
};

struct Targets {
    std::vector<kernel::GpuTarget> gpus;  // as written; empty: everything that the kernels support
    std::string cuda = "13.0";
};

// A key that parses but whose engine is not built in yet: `build` refuses the template, naming the key.
struct Unbuildable {
    std::string key;  // "base.image"
    SourcePos pos;
};

struct Template {
    std::filesystem::path file;       // the template itself, absolute
    std::filesystem::path directory;  // its folder: what relative paths start from
    std::string name;
    Base base;
    SourcePos base_pos;
    std::vector<Repository> repositories;
    Targets targets;
    std::vector<Layer> layers;  // recipes expanded, in file order
    std::vector<KernelUse> kernels;
    std::vector<std::string> kernels_off;  // names of those with install = "off": neither compiled nor in the image
    std::vector<TemplateService> services;
    bool console = true;  // [console] enabled
    std::uint16_t console_port = 8765;
    ImageOptions image;
    RunpodOptions runpod;
    std::vector<Unbuildable> unbuildable;
};

}  // namespace tmplbuild
