// SPDX-License-Identifier: Apache-2.0
// Requirements that name a file by its address or path: gets the file into the store and finds out what it is. The
// resolver then sees a local file and never an address, so that only our own code fetches. Used by a resolution.
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
    LockedDistribution distribution;  // complete, with its `source`
    std::filesystem::path link;       // the same file under a name that the resolver understands, where it finds it
    SdistMetadata metadata;           // of an sdist
};
// Asks the build backend of sources what they are, where their files do not say it.
using AskBackend = std::function<Result<SdistMetadata>(const LockedDistribution& source)>;

class DirectFiles {
  public:
    // `earlier` is what the lock held; a file from an unchanged address must still have its hash.
    DirectFiles(ResolveContext& context, const std::vector<LockedDistribution>& earlier, AskBackend ask)
        : context_(context), earlier_(earlier), ask_(std::move(ask)) {}

    // The requirement for the resolver, in which an address is replaced by the file. Errors have the line's place.
    Result<std::string> text_of(const AskedRequirement& asked, DistributionFetcher& fetcher);
    // The file that the resolver chose by its path; nullptr for any other file.
    const DirectFile* find(const std::string& location) const;
    const std::vector<DirectFile>& all() const { return files_; }
    // Where an sdist depends on an address of a project that is among the files here, the address is replaced by the
    // project's name: two addresses of one project would contradict each other.
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

// Takes a file of the context, opened beneath it, into the store.
struct TakenFile {
    Digest sha256;
    std::uint64_t size = 0;
};
Result<TakenFile> take_context_file(const ContextFile& file, const Store& store);

}  // namespace tmplbuild
