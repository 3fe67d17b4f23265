// SPDX-License-Identifier: Apache-2.0
#include "verify/root_view.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace tmplbuild {

using Type = kernel::IndexedFile::Type;

static constexpr int most_links = 40;        // as in path_resolution(7)
static constexpr const char* nowhere = "/";  // no path of an image ends with a slash

// "a/b" is below "a"; "a" itself is not.
static bool is_below(std::string_view path, std::string_view folder) {
    return path.size() > folder.size() && path.starts_with(folder) && (folder.empty() || path[folder.size()] == '/');
}

static std::string put_below(const std::string& folder, std::string_view rest) {
    return folder.empty() ? std::string(rest.substr(rest.starts_with('/') ? 1 : 0)) : folder + std::string(rest);
}

RootView::RootView(const std::vector<const kernel::LayerIndex*>& layers) {
    for (const kernel::LayerIndex* index : layers) {
        layers_.push_back({index});
        move_what_lies_below_links();
    }
}

// Parents come first, so that a folder below a link is looked for at the link's target.
void RootView::move_what_lies_below_links() {
    Layer& layer = layers_.back();
    for (const std::string& folder : layer.index->folders_not_listed()) {
        const auto own = layer.index->find(folder);
        if (own && own->type != Type::symlink) continue;
        const std::string real = moved_to(layer, folder);
        const auto node = own ? listed_in(layer, real) : look_below(layers_.size() - 1, real);
        if (!node || node->file.type != Type::symlink || (!own && hides(layer, real))) continue;
        // While the target is looked for, this layer's own content below the link is nowhere.
        layer.moved.push_back({folder, nowhere});
        known_.clear();
        const auto resolved = follow(real);
        layer.moved.back().to = resolved ? resolved->path : real;
        if (!resolved) layer.moved.pop_back();
    }
    known_.clear();
}

// The longest part of the path that is a link with content below it counts; it was added last.
std::string RootView::moved_to(const Layer& layer, const std::string& listed) {
    for (auto moved = layer.moved.rbegin(); moved != layer.moved.rend(); ++moved)
        if (is_below(listed, moved->from)) return put_below(moved->to, listed.substr(moved->from.size()));
    return listed;
}

// The paths in the layer's index of what really lies at `path`.
std::vector<std::string> RootView::listed_as(const Layer& layer, const std::string& path) {
    std::vector<std::string> out;
    if (moved_to(layer, path) == path) out.push_back(path);
    for (const Moved& moved : layer.moved) {
        if (!is_below(path, moved.to)) continue;
        std::string listed = moved.from + (moved.to.empty() ? "/" : "") + path.substr(moved.to.size());
        if (moved_to(layer, listed) == path) out.push_back(std::move(listed));
    }
    return out;
}

std::optional<RootView::Node> RootView::listed_in(const Layer& layer, const std::string& path) {
    for (const std::string& listed : listed_as(layer, path))
        if (auto file = layer.index->find(listed)) return Node{path, 0, std::move(*file), listed};
    return std::nullopt;
}

bool RootView::has_below(const Layer& layer, const std::string& path) {
    for (const Moved& moved : layer.moved)
        if (moved.to == path || is_below(moved.to, path)) return true;
    const auto names = listed_as(layer, path);
    return std::any_of(names.begin(), names.end(), [&](const std::string& listed) {
        const auto is_from = [&](const Moved& moved) { return moved.from == listed; };
        return std::none_of(layer.moved.begin(), layer.moved.end(), is_from) && layer.index->has_below(listed);
    });
}

bool RootView::is_opaque(const Layer& layer, const std::string& path) {
    for (const Moved& moved : layer.moved)
        if (moved.to == path && layer.index->is_opaque(moved.from)) return true;
    const auto names = listed_as(layer, path);
    return std::any_of(names.begin(), names.end(), [&](const std::string& listed) {
        const auto is_from = [&](const Moved& moved) { return moved.from == listed; };
        return std::none_of(layer.moved.begin(), layer.moved.end(), is_from) && layer.index->is_opaque(listed);
    });
}

bool RootView::hides(const Layer& layer, const std::string& path) {
    for (std::size_t end = path.size();; end = path.rfind('/', end - 1)) {
        if (end == std::string::npos || end == 0) break;
        const std::string part = path.substr(0, end);
        // A folder of a lower layer may be a file in this layer, or be deleted by it.
        const auto node = listed_in(layer, part);
        if (node && (node->file.type == Type::whiteout || (part != path && node->file.type != Type::directory)))
            return true;
        if (part != path && is_opaque(layer, part)) return true;
    }
    return is_opaque(layer, "");
}

std::optional<RootView::Node> RootView::look_below(std::size_t top, const std::string& path) const {
    if (path.empty()) return Node{"", 0, {Type::directory, 0755, 0, {}}};
    for (std::size_t i = top; i-- > 0;) {
        auto node = listed_in(layers_[i], path);
        // A layer may list a folder's content without the folder, even where it also deletes the older one.
        const bool is_used = (!node || node->file.type == Type::whiteout) && has_below(layers_[i], path);
        if (is_used) return Node{path, i, {Type::directory, 0755, 0, {}}, path};
        if (node) {
            node->layer = i;
            return node->file.type == Type::whiteout ? std::nullopt : std::move(node);
        }
        if (hides(layers_[i], path)) break;
    }
    return std::nullopt;
}

std::optional<RootView::Node> RootView::look(const std::string& path) const {
    const auto [known, is_new] = known_.try_emplace(path);
    if (is_new) known->second = look_below(layers_.size(), path);
    return known->second;
}

std::optional<RootView::ResolvedPath> RootView::follow(std::string_view path) const {
    std::vector<std::string> left = split(path, '/');
    std::reverse(left.begin(), left.end());
    ResolvedPath resolved{"", true};
    std::string& at = resolved.path;
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
        const auto node = resolved.is_there ? look(next) : std::nullopt;
        if (!node || node->file.type != Type::symlink) {
            const bool ends_here = std::all_of(left.begin(), left.end(), [](const auto& more) { return more.empty(); });
            if (!node || (!node->is_directory() && !ends_here)) resolved.is_there = false;
            at = next;
            continue;
        }
        if (++links > most_links) return std::nullopt;
        if (node->file.link.starts_with('/')) at.clear();
        std::vector<std::string> parts = split(node->file.link, '/');
        left.insert(left.end(), parts.rbegin(), parts.rend());
    }
    return resolved;
}

std::optional<RootView::Node> RootView::find(std::string_view path) const {
    const auto resolved = follow(path);
    return resolved && resolved->is_there ? look(resolved->path) : std::nullopt;
}

std::string RootView::leads_to(std::string_view path) const {
    const auto resolved = follow(path);
    return resolved ? resolved->path : std::string();
}

std::vector<std::string> RootView::names_in(std::string_view folder) const {
    const auto node = find(folder);
    std::set<std::string> names, gone;
    if (!node || !node->is_directory()) return {};
    const std::string& path = node->path;
    for (std::size_t i = layers_.size(); i-- > 0;) {
        const Layer& layer = layers_[i];
        // Below a folder of an upper layer, a file does not show, and neither does anything under that file.
        const auto own = listed_in(layer, path);
        if (own && own->file.type != Type::directory && own->file.type != Type::whiteout) break;
        std::vector<std::string> places = listed_as(layer, path);
        for (const Moved& moved : layer.moved) {
            if (moved.to == path) places.push_back(moved.from);
            if (is_below(moved.to, path)) names.insert(split(put_below("", moved.to.substr(path.size())), '/').front());
        }
        for (const std::string& place : places)
            for (const auto& [name, file] : layer.index->children(place)) {
                if (file.type == Type::whiteout && !layer.index->has_below(put_below(place, "/" + name)))
                    gone.insert(name);
                else if (!gone.contains(name))
                    names.insert(name);
            }
        if (!path.empty() && (is_opaque(layer, path) || hides(layer, path))) break;
    }
    return {names.begin(), names.end()};
}

// The linked file is looked for in its own layer first, then in those below it.
RootView::Node RootView::linked_file(const Node& node) const {
    Node at = node;
    for (int links = 0; at.file.type == Type::hardlink && links < most_links; ++links) {
        const Layer& layer = layers_[at.layer];
        const std::string target = at.file.link;
        if (auto file = layer.index->find(target)) {
            at = {at.path, at.layer, std::move(*file), target};
            continue;
        }
        auto below = look_below(at.layer, moved_to(layer, target));
        if (!below) break;
        at = std::move(*below);
    }
    return at;
}

std::optional<RootView::ElfPlace> RootView::elf_place(const Node& node) const {
    const Node file = linked_file(node);
    const kernel::LayerIndex* index = layers_[file.layer].index;
    const auto at = index->elf_at(file.listed);
    return at ? std::optional(ElfPlace{index, *at}) : std::nullopt;
}

const kernel::IndexedElf* RootView::elf(const Node& node) const {
    const auto place = elf_place(node);
    return place ? &place->layer->elfs()[place->elf] : nullptr;
}

std::optional<std::string> RootView::text(std::string_view path) const {
    const auto node = find(path);
    if (!node || !node->is_file()) return std::nullopt;
    const Node file = linked_file(*node);
    return layers_[file.layer].index->text(file.listed);
}

std::vector<std::string> RootView::texts_ending_with(std::string_view ending) const {
    std::set<std::string> out;
    for (std::size_t i = 0; i < layers_.size(); ++i)
        for (const std::string& listed : layers_[i].index->text_paths()) {
            if (!listed.ends_with(ending)) continue;
            const std::string path = moved_to(layers_[i], listed);
            const auto node = look(path);
            if (node && node->layer == i && node->listed == listed) out.insert(path);
        }
    return {out.begin(), out.end()};
}

}  // namespace tmplbuild
