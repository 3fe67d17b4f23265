// SPDX-License-Identifier: Apache-2.0
// The story: settings → uv → the best file of each version → the store → groups.
#include "resolve/python.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "resolve/distribution_fetch.hpp"
#include "resolve/grouping.hpp"
#include "resolve/package_index.hpp"
#include "resolve/requirements_text.hpp"
#include "resolve/uv.hpp"
#include "resolve/wheel_tags.hpp"

namespace tmplbuild {

namespace {

// Each round learns the metadata of one more sdist; a resolution that walks through more versions than this needs a
// pin.
constexpr int most_rounds = 60;

// One resolution: what all its parts need.
struct Session {
    std::string step;
    const BaseContract& contract;
    ResolveContext& context;
    WheelTags tags;
    PipSettings settings;
    io::HttpClient http{};

    static Result<Session> open(const std::string& step, const BaseContract& contract, ResolveContext& context) {
        auto tags = WheelTags::of(contract);
        if (!tags) return tags.error();
        auto settings = read_pip_settings(process_environment());
        if (!settings) return settings.error();
        return Session{step, contract, context, std::move(*tags), std::move(*settings)};
    }
    Result<void> fetch(const std::vector<LockedDistribution*>& wanted, const Locate& locate) {
        return DistributionFetcher(step, settings, http, context).fetch(wanted, locate);
    }
};

LockedDistribution locked(const PylockPackage& package, const PylockFile& file) {
    LockedDistribution out;
    out.name = package.name;
    out.version = package.version;
    out.file = file.name;
    out.sha256 = file.sha256.value_or(Digest());
    out.size = file.size;
    return out;
}

Locate at(const std::string& location) {
    return [location](const LockedDistribution&, const std::stop_token&) -> Result<FilePlaces> {
        return FilePlaces{{location}, {}};
    };
}

// The best wheel for the base, else the sdist.
Result<const PylockFile*> choose_file(const PylockPackage& package, const Session& session, bool wheels_only) {
    std::vector<std::string> names;
    for (const PylockFile& wheel : package.wheels) names.push_back(wheel.name);
    if (const auto best = session.tags.best(names)) return &package.wheels[*best];
    if (package.sdist && !wheels_only) return &*package.sdist;
    return usage_error("'" + package.name + "' " + package.version + " has no " + (wheels_only ? "wheel" : "file") +
                           " for the base's Python " + session.contract.python->version + " with glibc " +
                           session.contract.glibc,
                       "ask for another version of it, or use another base");
}

// What an sdist, named by the resolver, says of itself; its file is in the store afterwards.
Result<SdistMetadata> learn(const PylockPackage& package, Session& session) {
    LockedDistribution sdist = locked(package, *package.sdist);
    if (auto fetched = session.fetch({&sdist}, at(package.sdist->location)); !fetched) return fetched.error();
    return read_sdist_metadata(session.context.store.blob_path(sdist.sha256), package.name, package.version);
}

// Asks until every sdist that uv chose has told its own dependencies. An sdist that uv stumbles over is first said to
// have none; when it is chosen all the same, what it says is read, and the question is asked again.
Result<std::vector<PylockPackage>> resolve_without_building(Uv& uv, UvQuestion question, Session& session) {
    std::set<std::pair<std::string, std::string>> assumed;
    for (int round = 0; round < most_rounds; ++round) {
        auto answer = uv.resolve(question, session.contract);
        if (!answer) return answer.error();
        if (answer->unknown_sdist) {
            const auto& [name, version] = *answer->unknown_sdist;
            if (!assumed.insert(*answer->unknown_sdist).second) break;  // uv did not take the word for it
            question.metadata.push_back({name, version, {}, {}, {}});
            continue;
        }
        bool learned = false;
        for (const PylockPackage& package : answer->packages) {
            if (assumed.erase({package.name, package.version}) == 0 || !package.sdist) continue;
            session.context.progress.doing(session.step, "reading the sdist of " + package.name);
            auto metadata = learn(package, session);
            if (!metadata) return metadata.error();
            for (SdistMetadata& known : question.metadata)
                if (known.name == metadata->name && known.version == metadata->version) known = *metadata;
            learned = true;
        }
        if (!learned) return std::move(answer->packages);
    }
    return usage_error("the requirements of " + question.what + " lead through too many versions without a wheel",
                       "pin the packages that have no wheels to one version each");
}

Result<std::vector<LockedDistribution>> resolve_and_fetch(UvQuestion question, Session& session) {
    auto uv = Uv::open(session.settings, session.context);
    if (!uv) return uv.error();
    const bool wheels_only = question.wheels_only;
    auto packages = resolve_without_building(*uv, std::move(question), session);
    if (!packages) return packages.error();
    std::vector<LockedDistribution> out;
    std::map<std::string, std::string> locations;  // by project
    for (const PylockPackage& package : *packages) {
        auto file = choose_file(package, session, wheels_only);
        if (!file) return file.error();
        out.push_back(locked(package, **file));
        locations[package.name] = (*file)->location;
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::vector<LockedDistribution*> wanted;
    wanted.reserve(out.size());
    for (LockedDistribution& one : out) wanted.push_back(&one);
    auto fetched = session.fetch(wanted, [&locations](const LockedDistribution& one, const std::stop_token&) {
        return Result<FilePlaces>(FilePlaces{{locations.at(one.name)}, {}});
    });
    if (!fetched) return fetched.error();
    return out;
}

Result<void> add_file(UvQuestion& question, const std::string& name, const std::string& content, Progress& progress) {
    auto clean = clean_requirements(name, content);
    if (!clean) return clean.error();
    for (const std::string& warning : clean->warnings) progress.message(warning);
    question.files.emplace_back(name, std::move(clean->text));
    return {};
}

// In the order in which they are asked.
Result<std::vector<std::string>> indexes_of(const PipSettings& settings, ResolveContext& context) {
    if (settings.no_index) return std::vector<std::string>();
    std::vector<std::string> indexes = settings.more_indexes;
    if (!settings.default_index.empty()) {
        indexes.push_back(settings.default_index);
        return indexes;
    }
    auto uv = Uv::open(settings, context);
    if (!uv) return uv.error();
    auto index = uv->default_index();
    if (!index) return index.error();
    indexes.push_back(std::move(*index));
    return indexes;
}

}  // namespace

Result<void> find_resolver() {
    auto uv = find_uv();
    if (!uv) return uv.error();
    return {};
}

Result<std::vector<LockedDistribution>> resolve_python(const PythonRequest& request, const BaseContract& contract,
                                                       ResolveContext& context) {
    auto session = Session::open(request.step, contract, context);
    if (!session) return session.error();
    UvQuestion question;
    question.what = request.step;
    question.preferred = request.earlier;
    std::vector<std::pair<std::string, std::string>> files = {
        {"requirements of " + request.step, join(request.requirements, "\n")}};
    files.insert(files.end(), request.files.begin(), request.files.end());
    for (const auto& [name, content] : files)
        if (auto added = add_file(question, name, content, context.progress); !added) return added.error();
    auto constraints = clean_requirements("constraints of " + request.step, join(request.constraints, "\n"));
    if (!constraints) return constraints.error();
    question.constraints = constraints->text;
    // A venv without pip cannot be used by hand on a pod. Named twice is no conflict.
    question.files.emplace_back("tmplbuild", "pip\n");
    context.progress.doing(request.step, "resolving");
    auto distributions = resolve_and_fetch(std::move(question), *session);
    if (!distributions) return distributions.error();
    assign_groups(*distributions, request.earlier);
    return distributions;
}

Result<std::vector<LockedDistribution>> resolve_wheels(const PythonRequest& request, const BaseContract& contract,
                                                       ResolveContext& context) {
    auto session = Session::open(request.step, contract, context);
    if (!session) return session.error();
    UvQuestion question;
    question.what = request.step;
    question.wheels_only = true;
    const std::string name = "requirements of " + request.step;
    if (auto added = add_file(question, name, join(request.requirements, "\n"), context.progress); !added)
        return added.error();
    auto constraints = clean_requirements("constraints of " + request.step, join(request.constraints, "\n"));
    if (!constraints) return constraints.error();
    question.constraints = constraints->text;
    context.progress.doing(request.step, "resolving");
    return resolve_and_fetch(std::move(question), *session);
}

Result<std::vector<LockedDistribution>> resolve_builders(const std::vector<LockedDistribution>& sdists,
                                                         const BaseContract& contract, ResolveContext& context) {
    if (sdists.empty()) return std::vector<LockedDistribution>();
    auto session = Session::open("python:builders", contract, context);
    if (!session) return session.error();
    UvQuestion question;
    question.what = "what builds the sdists";
    question.wheels_only = true;
    for (const LockedDistribution& sdist : sdists) {
        const std::string name = sdist.file + ":pyproject.toml";
        auto requirements = read_build_requirements(context.store.blob_path(sdist.sha256));
        if (!requirements) return requirements.error().while_doing("reading " + name);
        if (auto added = add_file(question, name, join(*requirements, "\n"), context.progress); !added)
            return added.error();
    }
    return resolve_and_fetch(std::move(question), *session);
}

Result<void> fetch_distributions(const std::string& step, const std::vector<LockedDistribution>& distributions,
                                 ResolveContext& context) {
    std::vector<LockedDistribution> missing;
    for (const LockedDistribution& one : distributions)
        if (!context.store.has_blob(one.sha256)) missing.push_back(one);
    if (missing.empty()) return {};
    auto settings = read_pip_settings(process_environment());
    if (!settings) return settings.error();
    auto indexes = indexes_of(*settings, context);
    if (!indexes) return indexes.error();
    io::HttpClient http;
    PackageIndex index(*settings, std::move(*indexes), http);
    std::vector<LockedDistribution*> wanted;
    wanted.reserve(missing.size());
    for (LockedDistribution& one : missing) wanted.push_back(&one);
    return DistributionFetcher(step, *settings, http, context)
        .fetch(wanted,
               [&index](const LockedDistribution& one, const std::stop_token& stop) { return index.find(one, stop); });
}

}  // namespace tmplbuild
