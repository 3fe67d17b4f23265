// SPDX-License-Identifier: Apache-2.0
// Repositories of registries as one cache of steps, asked in the order in which the command line names them. Used by
// every command with --cache-from. What is read is checked: a repository that has something wrong under a key is an
// error that names it; one that cannot be asked is reported once and then left out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/signing_key.hpp"
#include "cache/remote_cache.hpp"
#include "registry/session.hpp"

namespace tmplbuild::cache {

class RegistryCache : public RemoteCache {
  public:
    struct Settings {
        std::shared_ptr<const registry::Client> client;
        std::vector<Reference> repositories;
        // Remembers where layers were seen, so that a push mounts them from there; nullptr: nothing is remembered.
        const Store* places = nullptr;
        std::function<void(const std::string& text)> warn;  // one line each, from any thread
        std::shared_ptr<const SigningKey> key{};  // what it has not signed counts as not there; nullptr: all counts
        // A cache that cannot be asked, as warn() has it; without this, it is a warning like others.
        std::function<void(const std::string& text)> unanswered{};
    };
    explicit RegistryCache(Settings settings);
    ~RegistryCache() override;

    Result<FoundRecord> find(const Digest& key, const std::stop_token& stop) override;
    Result<void> find_all(const std::vector<Digest>& keys, const std::stop_token& stop) override;
    void has_lost(const RemoteRecord& record) override;

  private:
    struct Source;
    Result<FoundRecord> answer_of(const Digest& key, const std::stop_token& stop);
    Result<FoundRecord> look(const Digest& key, const std::stop_token& stop);
    Result<FoundRecord> ask(Source& source, const Digest& key, const std::stop_token& stop);
    void leave_out(Source& source, const Error& why);
    void note_places();
    bool is_signed(const Digest& key, const oci::Artifact& artifact) const;
    void tell_unsigned();

    Settings settings_;
    std::vector<std::unique_ptr<Source>> sources_;
    std::mutex mutex_;                               // for what follows, and for what each source counts
    std::map<Digest, Result<FoundRecord>> answers_;  // of find()
    std::vector<FoundRecord> unnoted_;               // whose places are not remembered yet
    std::set<std::pair<std::string, Digest>> lost_;  // caches by name, with the keys that they cannot give
};

}  // namespace tmplbuild::cache
