// SPDX-License-Identifier: Apache-2.0
// An image's root file system as a pod sees it, from the indexes of its layers: whiteouts, replaced folders and
// symlinks followed, and nothing unpacked. What a layer puts below a link, its own or one of the layers below, is where
// the link leads, as pack/unpack_layer.hpp has it on the disk. The proofs ask it where a file is, what lies in a
// folder, what an ELF file exports. Never reads the machine's own files.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/layer_index.hpp"

namespace tmplbuild {

class RootView {
  public:
    // Bottom first; the indexes must outlive it.
    explicit RootView(const std::vector<const kernel::LayerIndex*>& layers);

    struct Node {
        std::string path;       // where it really is, no slash at either end; "" is the root
        std::size_t layer = 0;  // the topmost that has it
        kernel::IndexedFile file;
        std::string listed{};  // its path in the index of its layer
        bool is_directory() const { return file.type == kernel::IndexedFile::Type::directory; }
        bool is_file() const {
            return file.type == kernel::IndexedFile::Type::file || file.type == kernel::IndexedFile::Type::hardlink;
        }
        bool is_executable() const { return is_file() && (file.mode & 0111) != 0; }
    };
    // Every symlink followed, the last one too; none where nothing is or links go in circles. Slashes do not matter.
    std::optional<Node> find(std::string_view path) const;
    // Of a path whose folders are no links; a link at its end is not followed.
    std::optional<Node> look(const std::string& path) const;
    // Where a path leads, links followed as far as the image goes, no slash at either end; what it lacks stands as
    // written. Empty where links go in circles.
    std::string leads_to(std::string_view path) const;
    // The names in a folder, sorted; empty when it is none.
    std::vector<std::string> names_in(std::string_view folder) const;

    struct ElfPlace {
        const kernel::LayerIndex* layer = nullptr;
        std::size_t elf = 0;  // in layer->elfs()
    };
    std::optional<ElfPlace> elf_place(const Node& node) const;
    const kernel::IndexedElf* elf(const Node& node) const;  // nullptr: it is none
    // Of a program that is a script: its first line.
    std::optional<std::string> text(std::string_view path) const;
    // Where texts of this ending lie (see pack/layer_indexer.cpp for which are kept), sorted, those that are hidden or
    // replaced left out.
    std::vector<std::string> texts_ending_with(std::string_view ending) const;

  private:
    struct Way {
        std::string path;       // links followed
        bool is_there = false;  // all of it
    };
    // What a layer has below `from`, which is a link, is really below `to`.
    struct Moved {
        std::string from, to;
    };
    struct Layer {
        const kernel::LayerIndex* index = nullptr;
        std::vector<Moved> moved{};  // nearly always none
    };
    static std::vector<std::string> listed_as(const Layer& layer, const std::string& path);
    static std::optional<Node> listed_in(const Layer& layer, const std::string& path);  // its number is not set
    static bool has_below(const Layer& layer, const std::string& path);
    static bool is_opaque(const Layer& layer, const std::string& path);
    static std::string moved_to(const Layer& layer, const std::string& listed);
    static bool hides(const Layer& layer, const std::string& path);  // what lies below it at this path
    void move_what_lies_below_links();                               // of the topmost layer

    std::optional<Way> follow(std::string_view path) const;                          // none: links in circles
    std::optional<Node> look_below(std::size_t top, const std::string& path) const;  // in the layers below `top`
    Node linked_file(const Node& node) const;                                        // of a hard link, what it links to
    std::vector<Layer> layers_;
    mutable std::map<std::string, std::optional<Node>> known_;
};

}  // namespace tmplbuild
