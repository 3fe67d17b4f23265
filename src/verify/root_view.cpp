// SPDX-License-Identifier: Apache-2.0
#include "verify/root_view.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace tmplbuild {

using Type = kernel::IndexedFile::Type;

static constexpr int most_links = 40;  // as path_resolution(7) has it

bool RootView::hides(std::size_t layer, const std::string& path) const {
    const kernel::LayerIndex& index = *layers_[layer];
    for (std::size_t end = path.size();; end = path.rfind('/', end - 1)) {
        if (end == std::string::npos || end == 0) break;
        const std::string part = path.substr(0, end);
        // A folder of a lower layer that is a file here, or gone.
        const auto file = index.find(part);
        if (file && (file->type == Type::whiteout || (part != path && file->type != Type::directory))) return true;
        if (part != path && index.is_opaque(part)) return true;
    }
    return index.is_opaque("");
}

std::optional<RootView::Node> RootView::look(const std::string& path) const {
    if (const auto known = known_.find(path); known != known_.end()) return known->second;
    std::optional<Node> found;
    if (path.empty()) found = Node{"", 0, {Type::directory, 0755, 0, {}}};
    for (std::size_t i = layers_.size(); !found && i-- > 0;) {
        const kernel::LayerIndex& index = *layers_[i];
        if (const auto file = index.find(path)) {
            if (file->type != Type::whiteout) found = Node{path, i, *file};
            break;
        }
        // A layer may list what is in a folder and not the folder.
        if (index.has_below(path)) found = Node{path, i, {Type::directory, 0755, 0, {}}};
        if (!found && hides(i, path)) break;
    }
    known_.emplace(path, found);
    return found;
}

std::optional<RootView::Way> RootView::follow(std::string_view path) const {
    std::vector<std::string> left = split(path, '/');
    std::reverse(left.begin(), left.end());
    Way way{"", true};
    std::string& at = way.path;
    int links = 0;
    while (!left.empty()) {
        const std::string part = std::move(left.back());
        left.pop_back();
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            at = at.substr(0, at.rfind('/') == std::string::npos ? 0 : at.rfind('/'));
            continue;
        }
        const std::string next = at.empty() ? part : at + "/" + part;
        const auto node = way.is_there ? look(next) : std::nullopt;
        if (!node || node->file.type != Type::symlink) {
            const bool ends_here = std::all_of(left.begin(), left.end(), [](const auto& more) { return more.empty(); });
            if (!node || (!node->is_directory() && !ends_here)) way.is_there = false;
            at = next;
            continue;
        }
        if (++links > most_links) return std::nullopt;
        if (node->file.link.starts_with('/')) at.clear();
        std::vector<std::string> parts = split(node->file.link, '/');
        left.insert(left.end(), parts.rbegin(), parts.rend());
    }
    return way;
}

std::optional<RootView::Node> RootView::find(std::string_view path) const {
    const auto way = follow(path);
    return way && way->is_there ? look(way->path) : std::nullopt;
}

std::string RootView::leads_to(std::string_view path) const {
    const auto way = follow(path);
    return way ? way->path : std::string();
}

std::vector<std::string> RootView::names_in(std::string_view folder) const {
    const auto node = find(folder);
    std::set<std::string> names, gone;
    if (!node || !node->is_directory()) return {};
    for (std::size_t i = layers_.size(); i-- > 0;) {
        for (const auto& [name, file] : layers_[i]->children(node->path)) {
            if (file.type == Type::whiteout)
                gone.insert(name);
            else if (!gone.contains(name))
                names.insert(name);
        }
        if (!node->path.empty() && (layers_[i]->is_opaque(node->path) || hides(i, node->path))) break;
    }
    return {names.begin(), names.end()};
}

const kernel::IndexedElf* RootView::elf(const Node& node) const {
    const auto at = layers_[node.layer]->elf_at(node.path);
    return at ? &layers_[node.layer]->elfs()[*at] : nullptr;
}

std::optional<std::string> RootView::text(std::string_view path) const {
    const auto node = find(path);
    if (!node || !node->is_file()) return std::nullopt;
    const bool linked = node->file.type == Type::hardlink;  // to a file of the same layer
    return layers_[node->layer]->text(linked ? node->file.link : node->path);
}

std::vector<std::string> RootView::texts_ending_with(std::string_view ending) const {
    std::set<std::string> out;
    for (std::size_t i = 0; i < layers_.size(); ++i)
        for (const std::string& path : layers_[i]->text_paths()) {
            if (!path.ends_with(ending)) continue;
            const auto node = look(path);
            if (node && node->layer == i) out.insert(path);
        }
    return {out.begin(), out.end()};
}

}  // namespace tmplbuild
