// SPDX-License-Identifier: Apache-2.0
// An image's root file system as a pod sees it, from the indexes of its layers: with whiteouts, replaced folders and
// symlinks, and nothing unpacked. What a layer puts below a link, its own or one of the layers below, is where the link
// leads, as pack/unpack_layer.hpp does it on disk. The proofs ask it where a file is, what lies in a folder, what an
// ELF file exports. Never reads the machine's own files.
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
    // The layers come bottom first; the indexes must outlive the view.
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
    // Follows every symlink, the last one too. None where nothing is, or where links form a circle. Slashes do not
    // matter.
    std::optional<Node> find(std::string_view path) const;
    // What is at a path whose folders are no links; a link at its end is not followed.
    std::optional<Node> look(const std::string& path) const;
    // Where a path leads after its links, without a slash at either end; a part that the image lacks stays as written.
    // Empty where links form a circle.
    std::string leads_to(std::string_view path) const;
    // The names in a folder, sorted; empty when the path is no folder.
    std::vector<std::string> names_in(std::string_view folder) const;

    struct ElfPlace {
        const kernel::LayerIndex* layer = nullptr;
        std::size_t elf = 0;  // index into layer->elfs()
    };
    std::optional<ElfPlace> elf_place(const Node& node) const;
    const kernel::IndexedElf* elf(const Node& node) const;  // nullptr: it is no ELF file
    // The text that the index keeps of a file; of an executable script, its first line.
    std::optional<std::string> text(std::string_view path) const;
    // Where texts with this ending lie, sorted, without those that are hidden or replaced; pack/layer_indexer.cpp says
    // which texts are kept.
    std::vector<std::string> texts_ending_with(std::string_view ending) const;

  private:
    struct ResolvedPath {
        std::string path;       // after all links
        bool is_there = false;  // every part of it exists
    };
    // What a layer has below `from`, which is a link, really lies below `to`.
    struct Moved {
        std::string from, to;
    };
    struct Layer {
        const kernel::LayerIndex* index = nullptr;
        std::vector<Moved> moved{};  // nearly always none
    };
    static std::vector<std::string> listed_as(const Layer& layer, const std::string& path);
    static std::optional<Node> listed_in(const Layer& layer, const std::string& path);  // the layer's number is not set
    static bool has_below(const Layer& layer, const std::string& path);
    static bool is_opaque(const Layer& layer, const std::string& path);
    static std::string moved_to(const Layer& layer, const std::string& listed);
    // Whether the layer hides what lies below it at this path.
    static bool hides(const Layer& layer, const std::string& path);
    void move_what_lies_below_links();  // for the topmost layer

    std::optional<ResolvedPath> follow(std::string_view path) const;                 // none: links form a circle
    std::optional<Node> look_below(std::size_t top, const std::string& path) const;  // in the layers below `top`
    Node linked_file(const Node& node) const;                                        // the file that a hard link names
    std::vector<Layer> layers_;
    mutable std::map<std::string, std::optional<Node>> known_;
};

}  // namespace tmplbuild
