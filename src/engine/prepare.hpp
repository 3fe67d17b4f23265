// SPDX-License-Identifier: Apache-2.0
// Everything that the plan needs to know before it can be drawn: the lock made whole (packages, distributions, commits
// and toolchain resolved, the base made and measured) and the digests of local files. The only stage before building
// that reads disk or network.
#pragma once

#include <map>
#include <set>
#include <string>

#include "plan/plan.hpp"
#include "resolve/context.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct PrepareOptions {
    bool offline = false;            // `plan`: what is not known stays unknown; nothing is fetched, made or written
    bool update_all = false;         // `lock --update`
    std::set<std::string> update{};  // `lock --update NAME`: "base", "toolchain", or a step's id
    std::map<std::string, std::filesystem::path> programs{};  // ours, by their path in the image
    std::filesystem::path sandbox_init{};                     // of the sandbox in which a base is measured
};

struct Prepared {
    Lock lock;
    LocalFacts facts;
    std::vector<std::string> missing;  // parts that the lock lacks, by name; empty after an online run
};

// Writes the lock beside the template when it changed. Throws BuildError.
Prepared prepare(const Template& tmpl, const PrepareOptions& options, const ResolveContext& context);

// What `lock --update NAME` can renew, by name.
std::set<std::string> lock_parts(const Template& tmpl);

}  // namespace tmplbuild
