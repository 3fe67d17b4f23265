// SPDX-License-Identifier: Apache-2.0
// A layer whose content is known before it is written: entries are gathered in any order with the source of their
// content, then sorted, completed with parent folders and written. Used by all steps that run no commands in the image.
// Destinations are resolved through the base's symlinked folders; putting a folder over a symlink is an error.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>

#include "pack/folder_facts.hpp"
#include "pack/layer_writer.hpp"

namespace tmplbuild {

// Whether a link at `relative` below a copied folder leads out of that folder. Judged by its text, from the link's
// place.
bool link_leaves(const std::string& relative, const std::string& target);

class EntrySet {
  public:
    using Sink = std::function<Result<void>(std::span<const std::byte>)>;
    // Called once, in the order of paths: it writes exactly the entry's `size` bytes to the sink, or returns an error.
    using Producer = std::function<Result<void>(const Sink&)>;
    // Content is a text in memory, a file on disk that is read while writing, or made while writing (a member of an
    // archive).
    using Content = std::variant<std::monostate, std::string, std::filesystem::path, Producer>;

    explicit EntrySet(FolderFacts facts = {}) : facts_(std::move(facts)) {}

    // The path is resolved through the base's symlinks. Two different entries at one path: build_error naming both
    // sources (`origin`, e.g. the distribution's name), unless both are equal folders.
    Result<void> add(Entry entry, Content content, const std::string& origin = {});
    // Adds files on disk below `from` to `dest`. Modes become 0644 or 0755 unless keep_modes; symlinks stay links;
    // special files and links that leave the tree are errors. The result does not depend on umask, times or the order
    // on disk.
    struct TreeOptions {
        bool keep_modes = false;
        std::uint32_t uid = 0, gid = 0;
        bool any_link = false;  // links keep their text, wherever they lead: for trees that somebody else wrote
        std::optional<std::uint32_t> file_mode;
        std::int64_t mtime = default_mtime;
        std::function<bool(const std::string& relative)> exclude;
        std::string origin;
    };
    Result<void> add_tree(const std::filesystem::path& from, const std::string& dest, const TreeOptions& options);

    bool contains(const std::string& path) const;
    // The place of a path after the base's symlinked folders.
    std::string resolve(const std::string& path) const { return facts_.resolve(path); }
    std::size_t size() const { return items_.size(); }
    std::uint64_t content_bytes() const;

    // Adds missing parent folders (with the base's mode where it is special, else 0755 root:root) and writes.
    Result<BuiltLayer> write(const Store& store, PackOptions options) const;

  private:
    struct Item {
        Entry entry;
        Content content;
        std::string origin;
    };
    struct PathLess {
        bool operator()(const std::string& a, const std::string& b) const { return layer_path_less(a, b); }
    };
    FolderFacts facts_;
    std::map<std::string, Item, PathLess> items_;
};

}  // namespace tmplbuild
