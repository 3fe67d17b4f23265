// SPDX-License-Identifier: Apache-2.0
// template.lock: every outside input pinned by digest, beside the template, as JSON one entity a line so that diffs
// read well. Written by resolve/, obeyed by everything after. Names a file by project, version, name and hash; the
// machine's own index or mirror finds it, unless the template or its requirements name an address themselves. Holds no
// secret and no path of the machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/json.hpp"
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

struct Lock {
    std::string packer;  // packer_format() of the tool that wrote it
    std::optional<LockedBase> base;
    std::vector<LockedVenv> venvs;
    std::vector<LockedApt> apts;
    std::vector<LockedGit> gits;
    std::optional<LockedToolchain> toolchain;
    std::vector<LockedKernel> kernels{};
    bool operator==(const Lock&) const = default;

    const LockedVenv* find_venv(const std::string& venv) const;
    const LockedApt* find_apt(const std::string& step) const;
    const LockedKernel* find_kernel(const std::string& kernel) const;
    const LockedGit* find_git(const std::string& url, const std::string& rev) const;

    std::string to_text() const;
    static Result<Lock> parse(const std::string& text, const std::string& file_name);
};

// Every part of the lock with its key in the file, in the order in which they build on each other. Whoever does
// something with all of them walks over them here, so that a part that is new is forgotten nowhere: a member that is
// missing here does not compile. `lock`: a Lock, const or not; visit(key, part).
template <class Locks, class Visit>
void for_each_part(Locks& lock, Visit&& visit) {
    auto& [packer, base, venvs, apts, gits, toolchain, kernels] = lock;
    (void)packer;  // says who wrote it
    visit("base", base);
    visit("apt", apts);
    visit("git", gits);
    visit("python", venvs);
    visit("toolchain", toolchain);
    visit("kernels", kernels);
}

// "tmplbuild lock --update PART TEMPLATE" in backquotes, for hints: how what is locked of a part is taken anew. Empty:
// of all parts.
std::string renewal_of(const std::string& part = {});

// template.toml → template.lock, beside it.
std::filesystem::path lock_path(const std::filesystem::path& template_file);

}  // namespace tmplbuild
