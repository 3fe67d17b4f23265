// SPDX-License-Identifier: Apache-2.0
// What the stages work with: the store, programs, the network, the progress, the stop request. Made by the engine and
// by tests, which put fakes into it. Never holds settings of its own.
#pragma once

#include <memory>
#include <stop_token>

#include "base/progress.hpp"
#include "io/http.hpp"
#include "io/process.hpp"
#include "store/store.hpp"

namespace tmplbuild {

class BuildBackends;
class SharedCache;
namespace registry {
struct Client;
}

struct ResolveContext {
    const Store& store;
    io::ProcessRunner& processes;
    io::Http& http;
    Progress& progress;
    std::stop_token stop;
    BuildBackends* backends = nullptr;                     // nullptr where nothing may be run: while planning
    std::shared_ptr<const registry::Client> registries{};  // with this user's logins; none: as nobody
    SharedCache* cache = nullptr;                          // of --cache-from and --cache-to; nullptr: there is none
};

}  // namespace tmplbuild
