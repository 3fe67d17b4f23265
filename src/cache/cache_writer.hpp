// SPDX-License-Identifier: Apache-2.0
// Finished steps on their way into a repository that is a cache, one after the other, while the build goes on. Used by
// builds with --cache-to. A step appears there whole or not at all: its manifest comes last. Never fails a build by
// itself: what could not be written is told to people.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "base/progress.hpp"
#include "base/signing_key.hpp"
#include "cache/step_document.hpp"
#include "registry/session.hpp"
#include "store/store.hpp"

namespace tmplbuild::cache {

class CacheWriter {
  public:
    struct Settings {
        std::shared_ptr<const registry::Client> client;
        Reference repository;
        std::string version;                      // of this tool, for the annotations
        std::set<std::string> side_kinds;         // side files of layers that go along, as the store calls them
        std::shared_ptr<const SigningKey> key{};  // signs what is written, where it can; may be absent
    };
    struct Offer {
        Record record;
        // This build has made it, since nobody had it: whether the repository has all blobs of its own is asked, too.
        bool is_new = false;
        std::optional<Digest> unusable{};  // the artifact that it replaces; one that came there since stays
    };
    CacheWriter(Settings settings, const Store& store, Progress& progress);
    // Stops what is on its way, so that a later write goes on with it.
    ~CacheWriter();
    CacheWriter(const CacheWriter&) = delete;
    CacheWriter& operator=(const CacheWriter&) = delete;

    const Reference& repository() const { return settings_.repository; }
    // Whether the registry takes what is to be written. For who makes steps for others alone, before they are made.
    Result<void> check(const std::stop_token& stop) const;
    // The record's layers are whole in the store, and have all side files that they will have. Each key once. A step
    // that the repository has already is not written again, unless it is of no use there.
    void offer(Offer offer);
    // Waits until all that was offered is written or has failed, or `stop` was requested and nothing is sent any more.
    // Returns the first error, which was told already.
    Result<void> finish(const std::stop_token& stop);

  private:
    void work(const std::stop_token& stop);
    Result<void> write(const Offer& offer, const std::stop_token& stop);
    Result<bool> is_there(const Offer& offer, const std::stop_token& stop);
    Result<bool> has_blobs(const oci::Artifact& artifact, const std::stop_token& stop);
    bool signs() const { return settings_.key && settings_.key->can_sign(); }
    void failed(const Record& record, const Error& why);  // under the lock

    const Settings settings_;
    const Store& store_;
    Progress& progress_;
    std::unique_ptr<registry::Session> session_;
    std::mutex mutex_;  // for everything below
    std::condition_variable_any changed_;
    std::deque<Offer> waiting_;
    std::set<Digest> offered_;
    bool is_writing_ = false, has_given_up_ = false;
    std::optional<Error> first_error_{};
    std::jthread thread_;  // last: it ends before the rest
};

}  // namespace tmplbuild::cache
