// SPDX-License-Identifier: Apache-2.0
// One resolution of Python packages: it asks uv, repeatedly, until each project has one version and one file that the
// base can install. Used by python.cpp, which decides what is asked. Never installs anything.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "resolve/direct_files.hpp"
#include "resolve/distribution_fetch.hpp"
#include "resolve/hash_pins.hpp"
#include "resolve/python.hpp"
#include "resolve/python_places.hpp"
#include "resolve/uv.hpp"
#include "resolve/wheel_tags.hpp"

namespace tmplbuild {

// Where a file of each project is, according to the resolution.
Locate by_project(const std::map<std::string, std::string>& locations);

// One resolution: the state that its parts share.
class PythonSession {
  public:
    static Result<PythonSession> open(const PythonRequest& request, const BaseContract& contract,
                                      ResolveContext& context) {
        auto tags = WheelTags::of(contract);
        if (!tags) return tags.error();
        auto settings = read_pip_settings(process_environment());
        if (!settings) return settings.error();
        auto places = add_places(request, *settings);
        if (!places) return places.error();
        return PythonSession(request, contract, context, std::move(*tags), std::move(*settings), std::move(*places));
    }

    Result<ResolvedPython> run(UvQuestion question, bool with_pip);
    const PipSettings& settings() const { return settings_; }

  private:
    PythonSession(const PythonRequest& request, const BaseContract& contract, ResolveContext& context, WheelTags tags,
                  PipSettings settings, LockedPlaces places)
        : request_(request),
          contract_(contract),
          context_(context),
          tags_(std::move(tags)),
          settings_(std::move(settings)),
          places_(std::move(places)),
          pins_(request.asked) {}

    Result<void> ask(UvQuestion& question, DirectFiles& direct);
    void ask_pinned(UvQuestion& question) const;
    Result<std::vector<PylockPackage>> resolve(Uv& uv, UvQuestion& question);
    Result<std::vector<PylockPackage>> resolve_pinned(Uv& uv, UvQuestion& question);
    Result<std::vector<PylockPackage>> resolve_without_building(Uv& uv, UvQuestion& question);
    Result<SdistMetadata> ask_backend(const LockedDistribution& source);
    Result<SdistMetadata> learn(const PylockPackage& package);
    Result<LockedDistribution> choose(const PylockPackage& package, const UvQuestion& question,
                                      const DirectFiles& direct, ResolvedPython& out);
    Result<const PylockFile*> choose_file(const PylockPackage& package, const UvQuestion& question) const;
    Result<void> fetch_unknown(ResolvedPython& out);
    Result<void> check_hashes(const ResolvedPython& out, Uv& uv, const UvQuestion& question);
    DistributionFetcher fetcher() { return DistributionFetcher(request_.step, request_.step, settings_, context_); }

    const PythonRequest& request_;
    const BaseContract& contract_;
    ResolveContext& context_;
    WheelTags tags_;
    PipSettings settings_;
    LockedPlaces places_;
    HashPins pins_;
};

}  // namespace tmplbuild
