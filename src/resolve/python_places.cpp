// SPDX-License-Identifier: Apache-2.0
#include "resolve/python_places.hpp"

#include <algorithm>

#include "resolve/direct_files.hpp"
#include "resolve/distribution_fetch.hpp"
#include "resolve/package_index.hpp"
#include "resolve/source_archive.hpp"
#include "resolve/uv.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

using Texts = std::vector<std::string>;

Result<fs::path> folder_beneath(const ContextFile& folder) {
    auto beneath = sys::Beneath::open(folder.folder, sys::Outside::refused);
    if (!beneath) return beneath.error();
    auto real = beneath->real_path(folder.path);
    if (!real) return real.error();
    if (!*real || !beneath->is_folder(**real))
        return usage_error("--find-links names '" + folder.path + "', which is no folder beside the template");
    return folder.folder / **real;
}

void say(const PythonRequest& request, const PlacedText& place, ResolveContext& context) {
    context.progress.message(request.step + ": packages are looked for at " + without_user(place.value) + ", too (" +
                             place.where.to_string() + ")");
}

// Takes a file or sources that the lock names by their place into the store; returns the digest that they have now.
Result<Digest> take_again(const LockedDistribution& one, const std::optional<SourceTree>& tree,
                          const ContextFolder& folder, ResolveContext& context) {
    if (tree) {
        context.progress.message("taking the sources of " + one.name + " again: " + tree->shown());
        auto archive = archive_source(*tree, {folder.path, tree->folder, folder.own}, context);
        if (!archive) return archive.error();
        return archive->sha256;
    }
    auto taken = take_context_file({folder.path, one.source}, context.store);
    if (!taken) return taken.error();
    return taken->sha256;
}

}  // namespace

Result<Texts> indexes_of(const PipSettings& settings, const LockedPlaces& places, ResolveContext& context) {
    Texts indexes = places.indexes;
    if (settings.no_index) return indexes;
    indexes.insert(indexes.end(), settings.more_indexes.begin(), settings.more_indexes.end());
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

void say_places(const PythonRequest& request, ResolveContext& context) {
    if (request.asked.index_url) say(request, *request.asked.index_url, context);
    for (const auto* list : {&request.asked.extra_indexes, &request.asked.link_pages})
        for (const PlacedText& place : *list) say(request, place, context);
}

Result<LockedPlaces> add_places(const PythonRequest& request, PipSettings& settings) {
    LockedPlaces places;
    Texts first;  // asked before the machine's own
    const AskedPython& asked = request.asked;
    if (asked.index_url) {
        settings.default_index = asked.index_url->value;
        places.indexes.push_back(without_user(asked.index_url->value));
    }
    for (const PythonIndex& index : request.indexes) {
        places.indexes.push_back(index.url);
        if (!index.packages.empty()) continue;
        if (index.is_default)
            settings.default_index = index.url;
        else
            first.push_back(index.url);
    }
    for (const PlacedText& index : asked.extra_indexes) {
        first.push_back(index.value);
        places.indexes.push_back(without_user(index.value));
    }
    for (const PlacedText& page : asked.link_pages) {
        settings.find_links.push_back(page.value);
        places.pages.push_back(without_user(page.value));
    }
    for (const ContextFile& folder : asked.link_folders) {
        auto real = folder_beneath(folder);
        if (!real) return real.error();
        settings.find_links.push_back(*real);
        places.folders.push_back(folder.path);
    }
    settings.no_index = settings.no_index || asked.no_index;
    settings.more_indexes.insert(settings.more_indexes.begin(), first.begin(), first.end());
    // A name that one index has is never taken from another one, unless the template explicitly says so.
    if (request.index_strategy)
        settings.index_strategy = request.index_strategy;
    else if (!first.empty())
        settings.index_strategy = IndexStrategy::first_index;
    for (Texts* list : {&places.indexes, &places.pages, &places.folders}) {
        Texts once;
        for (std::string& text : *list)
            if (std::find(once.begin(), once.end(), text) == once.end()) once.push_back(std::move(text));
        *list = std::move(once);
    }
    return places;
}

Result<void> fetch_distributions(const std::string& step, const std::string& part,
                                 const std::vector<LockedDistribution>& distributions, const LockedPlaces& places,
                                 const ContextFolder& context_folder, ResolveContext& context) {
    const fs::path& directory = context_folder.path;
    std::vector<LockedDistribution> missing;
    for (const LockedDistribution& one : distributions) {
        if (context.store.has_blob(one.sha256)) continue;
        const auto tree = SourceTree::parse(one.source);
        if (tree || (!one.source.empty() && one.source.find("://") == std::string::npos)) {
            auto taken = take_again(one, tree, context_folder, context);
            if (!taken && (tree && tree->is_commit())) return taken.error();
            if (!taken || *taken != one.sha256)
                return usage_error("'" + one.source + "' is not what the lock names: " +
                                       (taken ? "its digest is " + taken->to_string() : taken.error().message),
                                   "restore it, or take it as it is now with " + renewal_of(part));
            continue;
        }
        missing.push_back(one);
    }
    if (missing.empty()) return {};
    auto settings = read_pip_settings(process_environment());
    if (!settings) return settings.error();
    auto indexes = indexes_of(*settings, places, context);
    if (!indexes) return indexes.error();
    settings->find_links.insert(settings->find_links.end(), places.pages.begin(), places.pages.end());
    for (const std::string& folder : places.folders)
        if (auto real = folder_beneath({directory, folder})) settings->find_links.push_back(*real);
    PackageIndex index(*settings, std::move(*indexes), context.http);
    std::vector<LockedDistribution*> wanted;
    wanted.reserve(missing.size());
    for (LockedDistribution& one : missing) wanted.push_back(&one);
    return DistributionFetcher(step, part, *settings, context)
        .fetch(wanted, [&index](const LockedDistribution& one, const std::stop_token& stop) -> Result<FilePlaces> {
            if (!one.source.empty()) return FilePlaces{{one.source}, {}};
            return index.find(one, stop);
        });
}

}  // namespace tmplbuild
