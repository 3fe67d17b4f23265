// SPDX-License-Identifier: Apache-2.0
#include "engine/step_inputs.hpp"

#include "io/http.hpp"
#include "plan/sources.hpp"
#include "resolve/apt.hpp"
#include "resolve/git.hpp"
#include "resolve/python.hpp"

namespace tmplbuild {

// Bytes. The template holds the file's digest, so this only keeps a wrong server from filling the disk.
static constexpr std::uint64_t largest_file = 64ULL << 30;

static Result<void> fetch_file(const std::string& url, const std::string& sha256, StepContext& context) {
    auto digest = Digest::parse_hex(sha256);
    if (!digest) return digest.error();
    if (context.store.has_blob(*digest)) return {};
    auto file = context.store.new_temp_file();
    if (!file) return file.error();
    const std::string shown = io::printable_url(url);
    context.say("fetching " + shown);
    auto got = context.http.download(
        {.url = url, .limit = largest_file}, *file,
        [&](std::uint64_t done, std::uint64_t total) { context.progress.bytes(context.step, done, total); },
        context.stop);
    std::error_code failed;
    if (!got) {
        std::filesystem::remove(*file, failed);
        return got.error();
    }
    if (got->sha256 != *digest) {
        std::filesystem::remove(*file, failed);
        return build_error(shown + " has the sha256 " + got->sha256.hex() + ", the template says " + digest->hex(),
                           "somebody changed the file: look at it before you change 'sha256'");
    }
    return context.store.adopt_hashed(*file, *digest);
}

Result<BaseApt> apt_of_base(const json::object& facts) {
    auto apt = json::get_object(facts, "apt");
    if (!apt) return apt.error();
    return BaseApt::from_json(**apt);
}

static Result<void> fetch_packages_of(const PackageSources& from, StepContext& context, ResolveContext& resolving) {
    AptOrigin origin{from.suite, {}, *from.repositories};
    if (from.own_sources) {
        auto own = apt_of_base(context.needed.at("base").facts);
        if (!own) return own.error();
        origin.base = std::move(*own);
    }
    return fetch_packages(context.step, origin, *from.packages, resolving);
}

Result<void> fetch_inputs(const Step& step, StepContext& context) {
    const StepSources sources = sources_of(step);
    ResolveContext resolving = context.resolving();
    if (sources.packages)
        if (auto got = fetch_packages_of(*sources.packages, context, resolving); !got) return got;
    if (sources.file)
        if (auto got = fetch_file(sources.file->url, sources.file->sha256, context); !got) return got;
    if (sources.commit)
        if (auto got = fetch_git(*sources.commit, resolving); !got) return got;
    for (const DistributionSources& from : sources.distributions) {
        const LockedPlaces& places = from.places == nullptr ? LockedPlaces{} : *from.places;
        auto got = fetch_distributions(step.id, from.part, *from.distributions, places, from.folder, resolving);
        if (!got) return got;
    }
    return {};
}

}  // namespace tmplbuild
