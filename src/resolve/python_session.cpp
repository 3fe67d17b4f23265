// SPDX-License-Identifier: Apache-2.0
#include "resolve/python_session.hpp"

#include <algorithm>
#include <set>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "resolve/build_backend.hpp"
#include "resolve/package_index.hpp"

namespace tmplbuild {

namespace {

// Each round learns the metadata of one more sdist; a resolution that tries more versions than this needs a pin.
constexpr int most_rounds = 60;

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

// Adds a line of a file at its own number, so that the resolver's messages name the right line.
void add_line(std::vector<std::pair<std::string, std::string>>& files, const SourcePos& where,
              const std::string& text) {
    auto file = std::find_if(files.begin(), files.end(), [&](const auto& one) { return one.first == where.file; });
    if (file == files.end()) file = files.insert(files.end(), {where.file, ""});
    const auto lines = static_cast<unsigned>(std::count(file->second.begin(), file->second.end(), '\n'));
    if (where.line > lines + 1) file->second.append(where.line - lines - 1, '\n');
    file->second += text + "\n";
}

Error refuse_sources(const AskedRequirement& asked) {
    Error error =
        usage_error("'" + without_user(asked.what.text()) + "' names sources, and here only wheels can be taken",
                    "require it by name, as an index has it, or the wheel of it by its address");
    error.where = asked.where;
    return error;
}

// Whether pip's --only-binary and --no-binary permit a file of this kind.
bool may_take(const std::set<std::string>& refused, const std::set<std::string>& wanted, const std::string& project) {
    return !refused.contains(project) && (!refused.contains(":all:") || wanted.contains(project));
}

}  // namespace

Locate by_project(const std::map<std::string, std::string>& locations) {
    return [&locations](const LockedDistribution& one, const std::stop_token&) -> Result<FilePlaces> {
        return FilePlaces{{locations.at(one.name)}, {}};
    };
}

Result<void> PythonSession::ask(UvQuestion& question, DirectFiles& direct) {
    DistributionFetcher with = fetcher();
    const auto take = [&](const std::vector<AskedRequirement>& list, auto& files) -> Result<void> {
        for (const AskedRequirement& asked : list) {
            if (asked.tree && question.wheels_only) return refuse_sources(asked);
            auto text = direct.text_of(asked, with);
            if (!text) return text.error();
            add_line(files, asked.where, *text);
        }
        return {};
    };
    if (auto taken = take(request_.asked.requirements, question.files); !taken) return taken;
    if (auto taken = take(request_.asked.constraints, question.constraints); !taken) return taken;
    for (const DirectFile& file : direct.all())
        if (file.distribution.is_sdist()) question.metadata.push_back(direct.with_own_addresses(file.metadata));
    question.only_binary = request_.asked.only_binary;
    question.no_binary = request_.asked.no_binary;
    question.prereleases = request_.asked.prereleases;
    ask_pinned(question);
    return {};
}

void PythonSession::ask_pinned(UvQuestion& question) const {
    for (const PythonIndex& index : request_.indexes) {
        if (index.packages.empty()) continue;
        PinnedIndex pinned{index.url, {}};
        for (const std::string& name : index.packages) {
            pinned.packages.push_back(normalized_project(name));
            for (const AskedRequirement& asked : request_.asked.requirements)
                if (asked.what.project() == pinned.packages.back() && asked.what.kind == AddressKind::none)
                    question.required[asked.what.project()].push_back(asked.what.text());
        }
        question.pinned.push_back(std::move(pinned));
    }
}

// The best wheel for the base, else the sdist; where any hash is pinned, only files with a pinned hash.
Result<const PylockFile*> PythonSession::choose_file(const PylockPackage& package, const UvQuestion& question) const {
    const HashPins::Allowed allowed = pins_.allowed(package.name, package.version);
    const auto good = [&](const PylockFile& file) {
        return !allowed.pinned || !allowed.knows_sha256() || !file.sha256 || allowed.takes(*file.sha256);
    };
    const bool wheels = may_take(question.no_binary, question.only_binary, package.name);
    const bool sdists = !question.wheels_only && may_take(question.only_binary, question.no_binary, package.name);
    std::vector<const PylockFile*> known;
    std::vector<std::string> names;
    for (const PylockFile& wheel : package.wheels)
        if (wheels && good(wheel)) {
            known.push_back(&wheel);
            names.push_back(wheel.name);
        }
    if (const auto best = tags_.best(names)) return known[*best];
    if (package.sdist && sdists && good(*package.sdist)) return &*package.sdist;
    const std::string what = "'" + package.name + "' " + package.version;
    if (allowed.pinned) {
        Error error = usage_error("no file of " + what + " that fits the base has one of the hashes that are pinned",
                                  "somebody changed the files, or the pins are those of other files: see `pip hash`");
        error.where = allowed.where;
        return error;
    }
    return usage_error(what + " has no " +
                           (!sdists   ? "wheel"
                            : !wheels ? "sdist"
                                      : "file") +
                           " for the base's Python " + contract_.python->version + " with glibc " + contract_.glibc,
                       "ask for another version of it, or use another base");
}

Result<LockedDistribution> PythonSession::choose(const PylockPackage& package, const UvQuestion& question,
                                                 const DirectFiles& direct, ResolvedPython& out) {
    if (!package.archive) {
        auto file = choose_file(package, question);
        if (!file) return file.error();
        out.locations[package.name] = (*file)->location;
        return locked(package, **file);
    }
    if (const DirectFile* file = direct.find(package.archive->location)) {
        LockedDistribution one = file->distribution;
        one.version = package.version;
        if (!one.is_sdist() && !tags_.best({one.file}))
            return usage_error("'" + one.file + "' is not a wheel for the base's Python " + contract_.python->version +
                               " with glibc " + contract_.glibc);
        out.locations[one.name] = context_.store.blob_path(one.sha256);
        return one;
    }
    return usage_error("'" + package.name + "' would come from an address that a dependency names: " +
                           without_user(package.archive->location),
                       "require it yourself, by that address");
}

Result<SdistMetadata> PythonSession::ask_backend(const LockedDistribution& source) {
    if (context_.backends == nullptr)
        return build_error("what " + source.source +
                           " is can only be told by its build backend, which cannot run here");
    ResolvedPython alone;
    alone.distributions = {source};
    auto builders = resolve_builders(alone, request_, contract_, context_);
    if (!builders) return builders.error();
    if (auto fetched = fetch_resolved(request_.step, *builders, context_); !fetched) return fetched.error();
    context_.progress.doing(request_.step, "asking the build backend of " + source.file);
    auto text = context_.backends->metadata(source, builders->distributions, contract_);
    if (!text) return text.error();
    SdistMetadata out;
    parse_pkg_info(*text, out);
    return out;
}

// The metadata of an sdist that the resolver names; its file is in the store afterwards.
Result<SdistMetadata> PythonSession::learn(const PylockPackage& package) {
    context_.progress.doing(request_.step, "reading the sdist of " + package.name);
    LockedDistribution sdist = locked(package, *package.sdist);
    if (auto fetched = fetcher().fetch({&sdist}, at(package.sdist->location)); !fetched) return fetched.error();
    return read_sdist_metadata(context_.store.blob_path(sdist.sha256), package.name, package.version);
}

// Asks until every sdist that uv chose has given its own dependencies. An sdist about which uv stops is first declared
// to have none; when it is chosen all the same, its metadata is read, and the question is asked again.
Result<std::vector<PylockPackage>> PythonSession::resolve_without_building(Uv& uv, UvQuestion& question) {
    std::set<std::pair<std::string, std::string>> assumed;
    for (int round = 0; round < most_rounds; ++round) {
        auto answer = uv.resolve(question, contract_);
        if (!answer) return answer.error();
        if (answer->unknown_sdist) {
            const auto& [name, version] = *answer->unknown_sdist;
            if (!assumed.insert(*answer->unknown_sdist).second) break;  // uv stopped about the same sdist again
            question.metadata.push_back({name, version, {}, {}, {}});
            continue;
        }
        bool learned = false;
        for (const PylockPackage& package : answer->packages) {
            if (assumed.erase({package.name, package.version}) == 0 || !package.sdist) continue;
            auto metadata = learn(package);
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

// uv pins to an index what the template itself asks for. What only a dependency asks for is found by asking: it is in
// the answer, or in uv's message that no other index has it.
Result<std::vector<PylockPackage>> PythonSession::resolve_pinned(Uv& uv, UvQuestion& question) {
    for (;;) {
        auto packages = resolve_without_building(uv, question);
        if (question.pinned.empty()) return packages;
        bool more = false;
        for (const PinnedIndex& index : question.pinned)
            for (const std::string& name : index.packages) {
                if (question.required.contains(name)) continue;
                const bool there = packages ? std::any_of(packages->begin(), packages->end(),
                                                          [&](const PylockPackage& one) { return one.name == name; })
                                            : packages.error().detail.find(name) != std::string::npos;
                if (!there) continue;
                question.required[name] = {name};
                more = true;
            }
        if (!more) return packages;
    }
}

// --prefer-binary: wheels only, where such an answer exists.
Result<std::vector<PylockPackage>> PythonSession::resolve(Uv& uv, UvQuestion& question) {
    if (request_.asked.prefer_binary && !question.wheels_only) {
        UvQuestion wheels = question;
        wheels.wheels_only = true;
        auto packages = resolve_pinned(uv, wheels);
        if (packages || packages.error().kind != ErrorKind::usage) return packages;
    }
    return resolve_pinned(uv, question);
}

// A file's hash and size that no index gives are found by fetching the file.
Result<void> PythonSession::fetch_unknown(ResolvedPython& out) {
    std::vector<LockedDistribution*> wanted;
    for (LockedDistribution& one : out.distributions) {
        const HashPins::Allowed allowed = pins_.allowed(one.name, one.version);
        if (!one.sha256.is_set() || one.size == 0 || (allowed.pinned && !allowed.takes(one.sha256)))
            wanted.push_back(&one);
    }
    return fetcher().fetch(wanted, by_project(out.locations));
}

Result<void> PythonSession::check_hashes(const ResolvedPython& out, Uv& uv, const UvQuestion& question) {
    if (!pins_.any()) return {};
    std::set<std::string> brought;
    for (const LockedDistribution& one : out.distributions) {
        const HashPins::Allowed allowed = pins_.allowed(one.name, one.version);
        auto checked = HashPins::check(allowed, one.file, one.sha256, context_.store.blob_path(one.sha256));
        if (!checked) return checked;
        brought.insert(one.name);
    }
    brought.erase("pip");  // we add it where nobody asked for it
    const bool all_pinned = static_cast<bool>(pins_.check_brought(brought));
    if (all_pinned) return {};
    if (pins_.all_checked()) return pins_.check_brought(brought);
    // Some requirements have no hashes, so only what the pinned ones bring is checked.
    UvQuestion closure = question;
    closure.files.clear();
    for (const AskedRequirement& asked : pins_.checked_requirements())
        if (asked.what.kind == AddressKind::none) add_line(closure.files, asked.where, asked.what.text());
    closure.required.clear();
    closure.preferred = out.distributions;
    auto packages = resolve(uv, closure);
    if (!packages) return packages.error();
    brought.clear();
    for (const PylockPackage& package : *packages) brought.insert(package.name);
    brought.erase("pip");
    return pins_.check_brought(brought);
}

Result<ResolvedPython> PythonSession::run(UvQuestion question, bool with_pip) {
    context_.progress.doing(request_.step, "resolving");
    DirectFiles direct(context_, request_.earlier,
                       [this](const LockedDistribution& source) { return ask_backend(source); });
    if (auto asked = ask(question, direct); !asked) return asked.error();
    // People cannot use a venv without pip on a pod. A project that is named twice is no conflict.
    if (with_pip) question.files.emplace_back("tmplbuild", "pip\n");
    auto uv = Uv::open(settings_, context_);
    if (!uv) return uv.error();
    auto packages = resolve(*uv, question);
    if (!packages) return packages.error();
    ResolvedPython out;
    for (const PylockPackage& package : *packages) {
        auto one = choose(package, question, direct, out);
        if (!one) return one.error();
        out.distributions.push_back(std::move(*one));
    }
    std::sort(out.distributions.begin(), out.distributions.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    if (auto fetched = fetch_unknown(out); !fetched) return fetched.error();
    if (auto checked = check_hashes(out, *uv, question); !checked) return checked.error();
    out.places = places_;
    out.settings = settings_;
    return out;
}

}  // namespace tmplbuild
