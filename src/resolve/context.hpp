// SPDX-License-Identifier: Apache-2.0
// What every stage works with: the store, programs, the network, whom to tell, when to stop. Made by cli/ and by tests,
// which put their own in. Never holds settings of its own.
#pragma once

#include <stop_token>

#include "base/progress.hpp"
#include "io/http.hpp"
#include "io/process.hpp"
#include "store/store.hpp"

namespace tmplbuild {

class BuildBackends;

struct ResolveContext {
    const Store& store;
    io::ProcessRunner& processes;
    io::Http& http;
    Progress& progress;
    std::stop_token stop;
    BuildBackends* backends = nullptr;  // nullptr where nothing can be run: while planning
};

}  // namespace tmplbuild
