// SPDX-License-Identifier: Apache-2.0
#include "verify/loader.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

// glibc's defaults on Debian and Ubuntu (multiarch) and elsewhere; they are searched after ld.so.conf's folders.
const std::vector<std::string> default_folders = {
    "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64", "lib", "usr/lib"};

std::string folder_of(const std::string& path) {
    return path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

// The folders of ld.so.conf(5): one a line; '#' begins a comment; "include PATTERN" is read in the one form that Debian
// and NVIDIA's images use (all of /etc/ld.so.conf.d).
void read_configuration(const RootView& view, const std::string& text, std::vector<std::string>& folders) {
    for (const std::string& raw : split(text, '\n')) {
        const std::string line(trim(raw.substr(0, raw.find('#'))));
        if (line.starts_with('/')) folders.push_back(line);
        if (!line.starts_with("include ")) continue;
        std::string pattern(trim(line.substr(8)));
        if (!pattern.starts_with('/')) pattern = "/etc/" + pattern;
        const std::string folder = folder_of(pattern);
        for (const std::string& name : view.names_in(folder)) {
            const std::string file = folder + "/" + name;
            if (!name.ends_with(".conf") && file != pattern) continue;
            if (const auto more = view.text(file))
                for (const std::string& other : split(*more, '\n'))
                    if (const std::string path(trim(other.substr(0, other.find('#')))); path.starts_with('/'))
                        folders.push_back(path);
        }
    }
}

}  // namespace

Loader::Loader(const RootView& view, std::string_view library_path) : view_(view) {
    for (const std::string& folder : split(library_path, ':'))
        if (!folder.empty()) library_path_.push_back(folder);
    if (const auto text = view.text("etc/ld.so.conf")) read_configuration(view, *text, folders_);
    folders_.insert(folders_.end(), default_folders.begin(), default_folders.end());
}

// The object's run path, with $ORIGIN replaced by the object's own real folder.
std::vector<std::string> Loader::own_folders(const LoadedObject& object) const {
    std::vector<std::string> out;
    for (std::string entry : object.elf->runpath) {
        const std::string origin = "/" + folder_of(object.node.path);
        replace_all(entry, "${ORIGIN}", origin);
        replace_all(entry, "$ORIGIN", origin);
        if (entry.starts_with('/')) out.push_back(entry);
    }
    return out;
}

std::optional<RootView::Node> Loader::look(const std::vector<std::string>& folders, const std::string& name) const {
    for (const std::string& folder : folders) {
        auto node = view_.find(folder + "/" + name);
        if (node && node->is_file() && view_.elf(*node) != nullptr) return node;
    }
    return std::nullopt;
}

std::optional<RootView::Node> Loader::find_library(const std::string& soname) const {
    auto found = look(library_path_, soname);
    return found ? found : look(folders_, soname);
}

std::optional<RootView::Node> Loader::search(std::size_t object, const std::string& name,
                                             const std::vector<std::size_t>& loaders) const {
    if (name.find('/') != std::string::npos) return look({""}, name);
    const LoadedObject& self = objects_[object];
    const bool has_runpath = !self.elf->runpath.empty() && !self.elf->is_rpath;
    // DT_RPATH counts only where the object has no DT_RUNPATH; then that of all objects which led to it counts as well.
    if (!has_runpath)
        for (auto loader = loaders.rbegin(); loader != loaders.rend(); ++loader)
            if (objects_[*loader].elf->is_rpath)
                if (auto found = look(own_folders(objects_[*loader]), name)) return found;
    if (auto found = look(library_path_, name)) return found;
    if (has_runpath)
        if (auto found = look(own_folders(self), name)) return found;
    return look(folders_, name);
}

std::size_t Loader::load(const RootView::Node& node) {
    if (const auto known = by_path_.find(node.path); known != by_path_.end()) return known->second;
    const std::size_t place = objects_.size();
    static const kernel::IndexedElf none{};
    const kernel::IndexedElf* elf = view_.elf(node);
    objects_.push_back({node, elf == nullptr ? &none : elf, {}, {}});
    by_path_[node.path] = place;
    by_name_.try_emplace(node.path.substr(node.path.rfind('/') + 1), place);
    if (elf != nullptr && !elf->soname.empty()) by_name_.try_emplace(elf->soname, place);
    std::vector<std::size_t> loaders = {place};
    load_needed(place, loaders);
    return place;
}

// The linker goes breadth first, which matters for the order only; libraries are found by name in either order.
void Loader::load_needed(std::size_t object, std::vector<std::size_t>& loaders) {
    for (const std::string& name : objects_[object].elf->needed) {
        if (const auto known = by_name_.find(name); known != by_name_.end()) {
            objects_[object].needed.push_back(known->second);
            continue;
        }
        const auto node = search(object, name, loaders);
        if (!node) {
            if (!kernel::is_driver_library(name)) objects_[object].not_found.push_back(name);
            continue;
        }
        if (const auto known = by_path_.find(node->path); known != by_path_.end()) {
            by_name_[name] = known->second;
            objects_[object].needed.push_back(known->second);
            continue;
        }
        const std::size_t place = objects_.size();
        const kernel::IndexedElf* elf = view_.elf(*node);
        objects_.push_back({*node, elf, {}, {}});
        by_path_[node->path] = place;
        by_name_[name] = place;
        if (!elf->soname.empty()) by_name_.try_emplace(elf->soname, place);
        objects_[object].needed.push_back(place);
        loaders.push_back(place);
        load_needed(place, loaders);
        loaders.pop_back();
    }
}

std::vector<std::size_t> Loader::closure(std::size_t object) const {
    std::vector<std::size_t> out = {object};
    std::set<std::size_t> seen = {object};
    for (std::size_t i = 0; i < out.size(); ++i)
        for (const std::size_t needed : objects_[out[i]].needed)
            if (seen.insert(needed).second) out.push_back(needed);
    return out;
}

}  // namespace tmplbuild
