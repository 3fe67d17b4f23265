// SPDX-License-Identifier: Apache-2.0
#include "catalogue/match.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild::catalogue {
namespace {

std::string last_name(std::string_view name) { return to_lower(name.substr(name.rfind('/') + 1)); }

enum class Likeness { same, other, not_known };

Likeness likeness(const WantedModel& wanted, const ModelFile& file) {
    if (!wanted.sha256.empty() && !file.sha256.empty())
        return wanted.sha256 == file.sha256 ? Likeness::same : Likeness::other;
    if (wanted.size) return *wanted.size == file.size ? Likeness::same : Likeness::other;
    if (!file.url.empty() && std::find(wanted.urls.begin(), wanted.urls.end(), file.url) != wanted.urls.end())
        return Likeness::same;
    return Likeness::not_known;
}

}  // namespace

ModelFiles::ModelFiles(const std::vector<ModelFile>& files) {
    for (const ModelFile& file : files) {
        by_last_name_.emplace(last_name(file.name), &file);
        if (!file.sha256.empty()) by_digest_.emplace(file.sha256, &file);
        // The first of a kind's folders is the one that ComfyUI takes a name from.
        if (!file.kind.empty()) by_place_.emplace(std::pair(file.kind, file.name), &file);
    }
}

const ModelFile* ModelFiles::at(std::string_view kind, std::string_view name) const {
    const auto found = by_place_.find(std::pair(std::string(kind), std::string(name)));
    return found == by_place_.end() ? nullptr : found->second;
}

std::vector<const ModelFile*> ModelFiles::with_digest(std::string_view sha256) const {
    std::vector<const ModelFile*> out;
    for (auto [at, end] = by_digest_.equal_range(sha256); at != end; ++at) out.push_back(at->second);
    return out;
}

std::vector<const ModelFile*> ModelFiles::with_last_name(std::string_view name) const {
    std::vector<const ModelFile*> out;
    for (auto [at, end] = by_last_name_.equal_range(last_name(name)); at != end; ++at) out.push_back(at->second);
    return out;
}

std::string_view to_string(ModelState state) {
    switch (state) {
        case ModelState::there:
            return "there";
        case ModelState::missing:
            return "missing";
        case ModelState::misplaced:
            return "misplaced";
        case ModelState::differs:
            return "differs";
        case ModelState::unknown:
            return "unknown";
    }
    return {};
}

MatchedModel match(const WantedModel& wanted, const ModelFiles& files) {
    const ModelFile* placed = files.at(wanted.kind, wanted.name);
    const Likeness placed_is = placed != nullptr ? likeness(wanted, *placed) : Likeness::other;
    if (placed != nullptr && placed_is == Likeness::same) return {ModelState::there, placed->path, {}};

    // Elsewhere: the same digest under any name, or the same name with a size that does not speak against it.
    std::vector<const ModelFile*> elsewhere;
    if (!wanted.sha256.empty()) elsewhere = files.with_digest(wanted.sha256);
    if (elsewhere.empty())
        for (const ModelFile* file : files.with_last_name(wanted.name))
            if (file != placed && likeness(wanted, *file) != Likeness::other) elsewhere.push_back(file);
    std::vector<std::string> paths;
    for (const ModelFile* file : elsewhere) paths.push_back(file->path);
    std::sort(paths.begin(), paths.end());
    const std::vector<std::string> choices = paths.size() > 1 ? paths : std::vector<std::string>{};

    if (placed != nullptr && placed_is == Likeness::not_known) return {ModelState::unknown, placed->path, choices};
    if (!paths.empty()) return {ModelState::misplaced, paths.front(), choices};
    if (placed != nullptr) return {ModelState::differs, placed->path, {}};
    return {};
}

}  // namespace tmplbuild::catalogue
