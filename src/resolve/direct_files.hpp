// SPDX-License-Identifier: Apache-2.0
// Requirements that name a file by its address or path: the file into the store, and what it is. The resolver then
// sees a file beside it and never an address, so that nothing but our own fetching reaches out. Used by
// resolve/python.cpp before and after a resolution.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "resolve/distribution_fetch.hpp"
#include "resolve/requirements_text.hpp"
#include "resolve/sdist_metadata.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

struct DirectFile {
    LockedDistribution distribution;  // whole, with its `source`
    std::filesystem::path link;       // the same file under a name that the resolver knows, where it finds it
    SdistMetadata metadata;           // of an sdist
};
// What sources are that do not say so themselves: asked of their build backend.
using AskBackend = std::function<Result<SdistMetadata>(const LockedDistribution& source)>;

class DirectFiles {
  public:
    // `earlier`: what the lock held; a file from an unchanged address must still have its hash.
    DirectFiles(ResolveContext& context, const std::vector<LockedDistribution>& earlier, AskBackend ask)
        : context_(context), earlier_(earlier), ask_(std::move(ask)) {}

    // The requirement as the resolver is to read it: an address replaced by the file. Errors have the line's place.
    Result<std::string> text_of(const AskedRequirement& asked, DistributionFetcher& fetcher);
    // The one that the resolver chose by its path; nullptr for another file.
    const DirectFile* find(const std::string& location) const;
    const std::vector<DirectFile>& all() const { return files_; }
    // Where an sdist depends on an address of a project that is among the files here, on that project by its name: two
    // addresses of one project would contradict each other.
    SdistMetadata with_own_addresses(SdistMetadata metadata) const;

  private:
    Result<DirectFile> take_file(const AskedRequirement& asked, DistributionFetcher& fetcher);
    Result<LockedDistribution> fetch(const AskedRequirement& asked, DistributionFetcher& fetcher);
    Result<void> name_it(DirectFile& file) const;
    Result<void> link_it(DirectFile& file);

    ResolveContext& context_;
    const std::vector<LockedDistribution>& earlier_;
    AskBackend ask_;
    std::vector<DirectFile> files_;
    std::vector<sys::TempDirectory> folders_;
};

// A file of the context into the store, opened beneath it.
struct TakenFile {
    Digest sha256;
    std::uint64_t size = 0;
};
Result<TakenFile> take_context_file(const ContextFile& file, const Store& store);

}  // namespace tmplbuild
