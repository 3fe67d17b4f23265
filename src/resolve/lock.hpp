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

#include "base/error.hpp"
#include "resolve/locked_parts.hpp"

namespace tmplbuild {

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
