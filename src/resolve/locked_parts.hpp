// SPDX-License-Identifier: Apache-2.0
// The parts of a lock (lock.hpp): what is pinned of packages, distributions, commits and bases. Filled by whoever looks
// them up, read by plan/ and engine/. Plain values, which hold no secret and no path of the machine.
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
// else, the part is stale and is resolved again; everything else stays.

struct LockedPackage {  // a .deb
    std::string name, version, architecture, file;
    Digest sha256;
    std::uint64_t size = 0;
    bool operator==(const LockedPackage&) const = default;
};

struct LockedBase {
    std::string kind;  // "debian" | "layout"
    Digest request;
    std::string suite;
    std::vector<LockedPackage> packages;  // debian: all of them, sorted by name
    std::vector<Digest> diff_ids;         // of its layers, bottom first (uncompressed, so that any compression agrees)
    BaseContract contract;
    std::vector<std::string> suites{};  // that its packages were drawn from: "bookworm", "bookworm-security"
    bool operator==(const LockedBase&) const = default;
};

struct LockedDistribution {  // a wheel or an sdist
    std::string name, version, file;
    Digest sha256;
    std::uint64_t size = 0;
    int group = 0;  // which of the step's layers it goes to; stable over updates
    // Empty: an index has it. Else an address without user, a path beside the template, or sources (source_tree.hpp).
    std::string source{};
    std::string editable{};  // of sources: where the image has their tree, whose files Python then imports
    bool is_sdist() const;
    // What its build takes beside the bytes of its file, for keys; nothing where it is none of our archives.
    std::vector<std::string> build_words() const;
    bool operator==(const LockedDistribution&) const = default;
};

// nullptr: none has the name.
const LockedDistribution* find_distribution(const std::vector<LockedDistribution>& list, std::string_view name);

// Where a template's own requirements are looked for besides the machine's settings.
struct LockedPlaces {
    std::vector<std::string> indexes;  // http(s) addresses without users
    std::vector<std::string> pages;    // of links, likewise
    std::vector<std::string> folders;  // of files, relative to the template's folder
    bool empty() const { return indexes.empty() && pages.empty() && folders.empty(); }
    bool operator==(const LockedPlaces&) const = default;
};

// Where paths among them start: the template's folder.
struct ContextFolder {
    std::filesystem::path path{};
    std::vector<std::filesystem::path> own{};  // what the tool itself writes there
};

struct LockedVenv {
    std::string venv;
    Digest request;
    std::vector<LockedDistribution> distributions;  // sorted by name
    std::vector<LockedDistribution> builders{};     // wheels that turn its sdists into wheels, sorted by name
    LockedPlaces places{};
    std::string interpreter{};  // of the base, as the template names it; empty: what PATH finds
    bool has_sdists() const;
    bool operator==(const LockedVenv&) const = default;
};

struct LockedApt {
    std::string step;
    Digest request;
    std::vector<LockedPackage> packages;  // what the step adds, sorted by name
    std::vector<std::string> suites{};    // that they were drawn from
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
    std::vector<LockedDistribution> requirements{};  // wheels of its compile alone, sorted by name
    std::vector<LockedDistribution> fallback{};      // wheels that the image has for GPUs without a variant, likewise
    LockedPlaces places{};
    std::optional<LockedDistribution> sdist{};  // that its source is; the machine's own index has it
    bool operator==(const LockedKernel&) const = default;
};

}  // namespace tmplbuild
