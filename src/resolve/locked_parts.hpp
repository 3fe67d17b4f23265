// SPDX-License-Identifier: Apache-2.0
// The parts of a lock (lock.hpp): packages, distributions, commits and bases, each pinned. The resolvers fill them,
// plan/ and engine/ read them. Plain values that hold no secret and no path of the machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "resolve/base_contract.hpp"

namespace tmplbuild {

// Each locked part carries `request`: the digest of what the template asked for. When the template asks for something
// else, the part is stale and is resolved again; the other parts stay.

struct LockedPackage {  // a .deb
    std::string name, version, architecture, file;
    Digest sha256;
    std::uint64_t size = 0;
    bool operator==(const LockedPackage&) const = default;
};

struct LockedBase {
    std::string kind;  // "debian" | "layout" | "image"
    Digest request;
    std::string suite;
    std::vector<LockedPackage> packages;  // debian: all of them, sorted by name
    std::vector<Digest> diff_ids;  // of its layers, bottom first; uncompressed, so that any compression has the same
    BaseContract contract;
    // The suites from which its packages were taken: "bookworm", "bookworm-security".
    std::vector<std::string> suites{};
    Digest image{};  // image: of its manifest for linux/amd64, by which it is pulled
    bool operator==(const LockedBase&) const = default;
};

struct LockedDistribution {  // a wheel or an sdist
    std::string name, version, file;
    Digest sha256;
    std::uint64_t size = 0;
    int group = 0;  // the layer of the step that it is in; stable over updates
    // Empty: an index has it. Otherwise an address without user, a path beside the template, or sources
    // (source_tree.hpp).
    std::string source{};
    std::string editable{};  // for sources: where the image has their tree, from which Python then imports
    bool is_sdist() const;
    // What its build depends on besides the bytes of its file, for keys; empty where the file is none of our archives.
    std::vector<std::string> build_words() const;
    bool operator==(const LockedDistribution&) const = default;
};

// The one of that name; nullptr where there is none.
const LockedDistribution* find_distribution(const std::vector<LockedDistribution>& list, std::string_view name);

// The places where a template's own requirements are looked for, in addition to the machine's settings.
struct LockedPlaces {
    std::vector<std::string> indexes;  // http(s) addresses without users
    std::vector<std::string> pages;    // of links; http(s) addresses without users
    std::vector<std::string> folders;  // of files, relative to the template's folder
    bool empty() const { return indexes.empty() && pages.empty() && folders.empty(); }
    bool operator==(const LockedPlaces&) const = default;
};

// The folder from which their paths count: the template's.
struct ContextFolder {
    std::filesystem::path path{};
    std::vector<std::filesystem::path> own{};  // what the tool itself writes there
};

struct LockedVenv {
    std::string venv;
    Digest request;
    std::vector<LockedDistribution> distributions;  // sorted by name
    std::vector<LockedDistribution> builders{};     // wheels that its sdists' builds need, sorted by name
    LockedPlaces places{};
    std::string interpreter{};  // one of the base's, as the template names it; empty: the one on PATH
    bool has_sdists() const;
    bool operator==(const LockedVenv&) const = default;
};

struct LockedApt {
    std::string step;
    Digest request;
    std::vector<LockedPackage> packages;  // what the step adds, sorted by name
    std::vector<std::string> suites{};    // the suites from which they were taken
    bool operator==(const LockedApt&) const = default;
};

struct LockedGit {
    std::string url, rev;
    std::string tree;              // hex of the commit's tree object
    std::int64_t commit_time = 0;  // seconds
    bool operator==(const LockedGit&) const = default;
};

struct LockedToolchain {
    std::string name;  // "cuda-wheels"
    std::string cuda;  // "13.0"
    Digest request;
    std::vector<LockedDistribution> wheels;
    bool operator==(const LockedToolchain&) const = default;
};

// What a kernel's recipe takes from the package index.
struct LockedKernel {
    std::string kernel;
    Digest request;
    std::vector<LockedDistribution> requirements{};  // wheels for its compile alone, sorted by name
    std::vector<LockedDistribution> fallback{};  // wheels that the image has for GPUs without a variant, sorted by name
    LockedPlaces places{};
    std::optional<LockedDistribution> sdist{};  // its source, if that is an sdist; the machine's own index has it
    bool operator==(const LockedKernel&) const = default;
};

}  // namespace tmplbuild
