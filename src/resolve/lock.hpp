// SPDX-License-Identifier: Apache-2.0
// template.lock: every outside input pinned by digest, beside the template, as JSON with one entity on a line for
// readable diffs. resolve/ writes it, everything after obeys it. It names a file by project, version, name and hash;
// the machine's own index or mirror finds it, unless the template or its requirements name an address themselves. Holds
// no secret and no path of the machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "resolve/locked_parts.hpp"

namespace tmplbuild {

struct Lock {
    std::string packer;  // packer_format() of the tool that wrote the lock
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

// Visits every part of the lock with its key in the file, in the order in which they build on each other. Code that
// handles all parts uses this, so that it cannot forget a new one: a member that is missing here does not compile.
// `lock`: a Lock, const or not; visit(key, part).
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

// "tmplbuild lock --update PART TEMPLATE" in backquotes, for hints: the command that resolves a part again. Empty: all
// parts.
std::string renewal_of(const std::string& part = {});

// template.toml → template.lock, beside it.
std::filesystem::path lock_path(const std::filesystem::path& template_file);

}  // namespace tmplbuild
