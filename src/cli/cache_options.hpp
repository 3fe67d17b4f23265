// SPDX-License-Identifier: Apache-2.0
// Turns --cache-from and --cache-to into what asks the caches and writes into one. Used by every command that takes it.
// Sends nothing itself.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cache/remote_cache.hpp"
#include "cli/commands.hpp"
#include "engine/own_files.hpp"
#include "engine/shared_cache.hpp"
#include "registry/session.hpp"

namespace tmplbuild::cli {

// The key of --cache-key; nothing where there is none.
std::shared_ptr<const SigningKey> cache_key(const Options& options);
// The files of --cache-key and --secret, which no image may hold.
std::vector<SecretFile> secret_files(const Options& options);
// The repository that docker://HOST/REPOSITORY names; throws where `text` is no such name. `option` is for the error.
Reference cache_repository(const std::string& text, const std::string& option);

// Nothing where the command line names no cache. `places`: the store that remembers where layers were seen, or nullptr.
// `unanswered`: as RegistryCache has it.
std::shared_ptr<cache::RemoteCache> remote_cache(const Options& options,
                                                 const std::shared_ptr<const registry::Client>& client,
                                                 const Store* places, std::function<void(const std::string& text)> warn,
                                                 std::function<void(const std::string& text)> unanswered = {});

// All of both options for a build; nothing where neither is given.
std::unique_ptr<SharedCache> shared_cache(const Options& options, const std::shared_ptr<const registry::Client>& client,
                                          const Store& store, Progress& progress);

}  // namespace tmplbuild::cli
