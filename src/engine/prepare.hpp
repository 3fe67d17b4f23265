// SPDX-License-Identifier: Apache-2.0
// Everything that the plan needs to know: the lock is completed (packages, distributions, commits and toolchain
// resolved, the base made and measured), and digests of local files are taken. Used by builds, `lock`, `plan` and
// `explain`. The only stage before building that reads disk or network.
#pragma once

#include <map>
#include <set>
#include <string>

#include "plan/plan.hpp"
#include "resolve/context.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct PrepareOptions {
    bool offline = false;            // for `plan`: unknown facts stay unknown; nothing is fetched, made or written
    bool update_all = false;         // `lock --update`
    std::set<std::string> update{};  // `lock --update NAME`: "base", "toolchain", or a step's id
    std::map<std::string, std::filesystem::path> programs{};  // our programs, by their path in the image
    std::filesystem::path sandbox_init{};                     // our program in the sandbox in which a base is measured
};

struct Prepared {
    Lock lock;
    LocalFacts facts;
    std::vector<std::string> missing;  // parts that the lock lacks, by name; empty after an online run
};

// Writes the lock beside the template when it changed. Throws BuildError.
Prepared prepare(const Template& tmpl, const PrepareOptions& options, const ResolveContext& context);

// The names that `lock --update NAME` accepts.
std::set<std::string> lock_parts(const Template& tmpl);

}  // namespace tmplbuild
