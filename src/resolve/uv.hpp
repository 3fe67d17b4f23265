// SPDX-License-Identifier: Apache-2.0
// Runs uv as a resolver: requirements in, versions with all their files out. Used by resolutions. It runs in an
// environment and with a configuration file of its own, so that only pip's settings (pip_settings.hpp) decide where it
// looks. Never lets a package's own code run: where uv would build an sdist to learn its dependencies, the Python that
// it was given ends at once, and the caller learns which sdist it is.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "resolve/base_contract.hpp"
#include "resolve/context.hpp"
#include "resolve/lock.hpp"
#include "resolve/pip_settings.hpp"
#include "resolve/pylock.hpp"
#include "resolve/sdist_metadata.hpp"
#include "resolve/uv_words.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

// <folder of this program>/../libexec/uv, else uv in PATH; else a machine_error that says how to get it.
Result<std::filesystem::path> find_uv();

// Projects that come from one index alone, while that index is used for nothing else (uv's `explicit` and `sources`).
struct PinnedIndex {
    std::string url;
    std::vector<std::string> packages;  // normalized names
};

struct UvQuestion {
    std::string what;                                              // "python:venv", for messages
    std::vector<std::pair<std::string, std::string>> files;        // name for messages, PEP 508 lines
    std::vector<std::pair<std::string, std::string>> constraints;  // likewise
    std::vector<LockedDistribution> preferred;                     // versions that are kept where they fit
    std::vector<SdistMetadata> metadata;                           // of sdists, which uv would have to build otherwise
    std::vector<PinnedIndex> pinned;
    std::map<std::string, std::vector<std::string>> required;  // of `pinned`: projects that are known to be asked
                                                               // for, and how (PEP 508)
    std::set<std::string> only_binary, no_binary;              // projects, or ":all:"
    bool wheels_only = false, prereleases = false;
};

struct UvAnswer {
    std::vector<PylockPackage> packages;
    // When set, there are no packages: uv needs the metadata of this sdist (name, version) to go on.
    std::optional<std::pair<std::string, std::string>> unknown_sdist;
};

class Uv {
  public:
    // Finds uv by find_uv(); one older than 0.8 is a machine_error too.
    static Result<Uv> open(const PipSettings& settings, ResolveContext& context);

    // Requirements that cannot be met are a usage error with uv's own explanation. An index that cannot be reached is a
    // network error.
    Result<UvAnswer> resolve(const UvQuestion& question, const BaseContract& contract);

    // The index that uv uses when no setting names one.
    Result<std::string> default_index();

  private:
    Uv(std::filesystem::path program, sys::TempDirectory folder, const PipSettings& settings, ResolveContext& context)
        : program_(std::move(program)), folder_(std::move(folder)), settings_(&settings), context_(&context) {}
    Result<io::ProcessResult> run(std::vector<std::string> arguments);
    Result<void> make_inert_python();
    std::string configuration(const UvQuestion& question) const;
    Result<std::vector<std::string>> arguments_for(const UvQuestion& question, const std::string& platform,
                                                   const BaseContract& contract);
    Error explain(UvFailure failure, const UvQuestion& question) const;
    Error failure(const io::ProcessResult& result, const UvQuestion& question) const;

    std::filesystem::path program_;
    sys::TempDirectory folder_;
    const PipSettings* settings_;
    ResolveContext* context_;
    bool has_python_ = false;
};

// uv's name for x86-64 Linux with this glibc ("2.36" → "x86_64-manylinux_2_36"): the newest one that uv knows and the
// base can run. Empty for a glibc older than 2.17.
std::string uv_platform(const std::string& glibc);

}  // namespace tmplbuild
