// SPDX-License-Identifier: Apache-2.0
#include "console/models/inventory.hpp"

#include <algorithm>
#include <optional>

#include "catalogue/folders.hpp"
#include "catalogue/match.hpp"

namespace tmplbuild::console {

using catalogue::Entry;

namespace {

json::value number_or_null(const std::optional<std::uint64_t>& number) {
    return number ? json::value(static_cast<std::int64_t>(*number)) : json::value(nullptr);
}

json::array texts(const std::vector<std::string>& list) {
    json::array out;
    for (const std::string& text : list) out.emplace_back(text);
    return out;
}

// Where a file with that directory and name is: the kind, and its name below the kind's folders.
catalogue::WantedModel wanted_of(const Entry& entry) {
    const catalogue::KindPath place = catalogue::kind_path(entry.directory);
    return {place.kind, place.below.empty() ? entry.name : place.below + "/" + entry.name, entry.size, entry.sha256,
            entry.urls};
}

void add_state(json::object& out, const catalogue::WantedModel& wanted, const catalogue::ModelFiles& files) {
    const catalogue::MatchedModel found = catalogue::match(wanted, files);
    out["state"] = catalogue::to_string(found.state);
    out["at"] = found.at.empty() ? json::value(nullptr) : json::value(found.at);
    out["choices"] = texts(found.choices);
}

// The catalogue's entry for a file that a workflow names: the same kind and name, and the same link where both have
// one.
const Entry* entry_for(const catalogue::NeededModel& model, const catalogue::Catalogue& all) {
    const Entry* by_name = nullptr;
    for (const catalogue::ModelSet& set : all.sets)
        for (const Entry& entry : set.entries) {
            const catalogue::WantedModel place = wanted_of(entry);
            if (place.name != model.name || (!model.directory.empty() && place.kind != model.directory)) continue;
            const bool same_link = std::any_of(model.urls.begin(), model.urls.end(), [&](const std::string& url) {
                return std::find(entry.urls.begin(), entry.urls.end(), url) != entry.urls.end();
            });
            if (same_link) return &entry;
            if (model.urls.empty() && by_name == nullptr) by_name = &entry;
        }
    return by_name;
}

json::object needed_view(const catalogue::NeededModel& model, const catalogue::Catalogue& all,
                         const catalogue::ModelFiles& files) {
    catalogue::WantedModel wanted{model.directory, model.name, std::nullopt, model.sha256, model.urls};
    std::vector<std::string> urls = model.urls;
    const Entry* known = entry_for(model, all);
    if (known != nullptr) {
        if (wanted.kind.empty()) wanted.kind = catalogue::kind_path(known->directory).kind;
        wanted.size = known->size;
        if (wanted.sha256.empty()) wanted.sha256 = known->sha256;
        if (urls.empty()) urls = known->urls;
        wanted.urls = urls;
    }
    std::string reason;
    if (wanted.kind.empty()) {
        catalogue::FolderGuess guess = catalogue::guess_folder(model.name, "", "");
        wanted.kind = guess.directory;
        reason = guess.reason;
    }
    json::object out{{"name", model.name},
                     {"directory", wanted.kind},
                     {"directory_reason", reason},
                     {"url", urls.empty() ? json::value(nullptr) : json::value(urls.front())},
                     {"urls", texts(urls)},
                     {"sha256", wanted.sha256.empty() ? json::value(nullptr) : json::value(wanted.sha256)},
                     {"size", number_or_null(wanted.size)},
                     {"about_bytes", number_or_null(known != nullptr ? known->about_bytes : std::nullopt)},
                     {"node", model.node},
                     {"used", model.is_used}};
    add_state(out, wanted, files);
    return out;
}

}  // namespace

json::object entry_view(const Entry& entry) {
    return {{"id", entry.id},
            {"name", entry.name},
            {"title", entry.title},
            {"url", entry.urls.empty() ? "" : entry.urls.front()},
            {"urls", texts(entry.urls)},
            {"directory", entry.directory},
            {"size", number_or_null(entry.size)},
            {"about_bytes", number_or_null(entry.about_bytes)},
            {"sha256", entry.sha256.empty() ? json::value(nullptr) : json::value(entry.sha256)},
            {"commit", entry.commit.empty() ? json::value(nullptr) : json::value(entry.commit)},
            {"licence", entry.licence},
            {"link", entry.link},
            {"memory_bytes", number_or_null(entry.memory_bytes)},
            {"gated", entry.gated}};
}

json::object models_view(const Catalogues& catalogues, const FolderView& folders, const VolumeModels& volume) {
    const catalogue::ModelFiles files(volume.files);
    json::array sets;
    for (const catalogue::ModelSet& set : catalogues.all().sets) {
        json::array entries;
        for (const Entry& entry : set.entries) {
            json::object view = entry_view(entry);
            view["own"] = catalogues.own.find(entry.id) != nullptr;
            add_state(view, wanted_of(entry), files);
            entries.emplace_back(std::move(view));
        }
        sets.emplace_back(json::object{{"name", set.name},
                                       {"title", set.title.empty() ? set.name : set.title},
                                       {"own", catalogues.image.find_set(set.name) == nullptr},
                                       {"entries", std::move(entries)}});
    }
    json::array kinds;
    for (const auto& [kind, paths] : folders.folders)
        kinds.emplace_back(json::object{{"kind", kind}, {"paths", texts(paths)}});
    json::array warnings;
    for (const MisplacedModel& one : volume.warnings)
        warnings.emplace_back(
            json::object{{"path", one.path},
                         {"problem", one.problem},
                         {"move_to", one.move_to.empty() ? json::value(nullptr) : json::value(one.move_to)}});
    json::array problems;
    for (const std::string& problem : {catalogues.problem, folders.problem})
        if (!problem.empty()) problems.emplace_back(problem);
    return {{"sets", std::move(sets)},
            {"folders", std::move(kinds)},
            {"warnings", std::move(warnings)},
            {"problems", std::move(problems)},
            {"files", static_cast<std::int64_t>(volume.files.size())},
            {"complete", !volume.is_cut && !volume.has_unread}};
}

json::object workflow_view(const catalogue::WorkflowNeeds& needs, const std::string& name,
                           const catalogue::Catalogue& catalogue, const VolumeModels& volume) {
    const catalogue::ModelFiles files(volume.files);
    json::array models;
    for (const catalogue::NeededModel& model : needs.models) models.emplace_back(needed_view(model, catalogue, files));
    return {{"workflow", name}, {"models", std::move(models)}, {"nodes_unknown", texts(needs.nodes_unknown)}};
}

json::object links_view(const std::vector<catalogue::ModelLink>& links) {
    json::array entries;
    for (const catalogue::ModelLink& link : links) {
        json::object one{
            {"given", link.given},   {"url", link.url.empty() ? json::value(nullptr) : json::value(link.url)},
            {"name", link.name},     {"directory", link.directory},
            {"reason", link.reason}, {"token_removed", link.token_removed}};
        if (link.pair) one["pair"] = static_cast<std::int64_t>(*link.pair);
        if (!link.other_half.empty()) one["other_half"] = link.other_half;
        if (!link.problem.empty()) {
            one["problem"] = link.problem;
            one["hint"] = link.hint;
        }
        entries.emplace_back(std::move(one));
    }
    return {{"entries", std::move(entries)}};
}

}  // namespace tmplbuild::console
