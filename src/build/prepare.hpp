// SPDX-License-Identifier: Apache-2.0
// Everything that the plan needs to know before it can be drawn: the lock made whole (packages resolved, the base made
// and measured) and the digests of local files. The only stage before building that reads disk or network.
#pragma once

#include <stop_token>

#include "base/progress.hpp"
#include "io/process.hpp"
#include "plan/plan.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct PrepareOptions {
    bool offline = false;      // `plan`: what is not known stays unknown; nothing is fetched, made or written
    bool update_base = false;  // `lock --update base`
    std::filesystem::path launcher;
};

struct Prepared {
    Lock lock;
    LocalFacts facts;
};

// Writes the lock beside the template when it changed. Throws BuildError.
Prepared prepare(const Template& tmpl, const PrepareOptions& options, const Store& store, io::ProcessRunner& processes,
                 Progress& progress, std::stop_token stop);

}  // namespace tmplbuild
