// SPDX-License-Identifier: Apache-2.0
// What proofs look up in one layer: every path, what each ELF file exports, needs and is called, and a few small files
// whole. It is one text, made when the layer is packed and searched in place (mapped). pack/ makes it, verify/ reads
// it. Format: docs/kernel-formats.md, "The index of a layer". Never opens a file; it accepts bytes of any kind, and a
// line that we did not write counts as absent.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "kernel/elf.hpp"

namespace tmplbuild::kernel {

// Raised whenever the index of the same layer would change: older indexes are then made anew.
inline constexpr int layer_index_version = 3;

struct IndexedFile {
    enum class Type : char {
        file = 'f',
        directory = 'd',
        symlink = 'l',
        hardlink = 'h',
        whiteout = 'w',  // the path is gone
        opaque = 'o',    // the folder hides what the layers below have in it; this stands beside the folder's own line
        other = 's',     // devices and pipes
    };
    Type type = Type::file;
    std::uint32_t mode = 0;
    std::uint64_t size = 0;  // bytes, of a file
    std::string link;        // of a symlink: its text; of a hard link: the path of its target in the same layer
    bool operator==(const IndexedFile&) const = default;
};

struct IndexedElf {
    std::string path;
    std::uint16_t type = 0, machine = 0;
    std::string soname;
    std::vector<std::string> needed, runpath;
    bool is_rpath = false;
    std::vector<std::string> versions;  // that it defines
    std::string problem;                // why the file could not be read; then the rest is empty
    std::string name() const;           // the soname, else the file's name
    bool operator==(const IndexedElf&) const = default;
};

class LayerIndexBuilder {
  public:
    // Paths have no slash at either end. Of two entries with one path the later one counts, with all that belongs to
    // it.
    void add_file(const std::string& path, const IndexedFile& file);
    void add_opaque(const std::string& folder);
    void add_elf(const std::string& path, const ElfInfo& info);
    void add_unreadable_elf(const std::string& path, const std::string& why);
    void add_text(const std::string& path, const std::string& content);
    std::string finish(const Digest& diff_id);  // may be called once

  private:
    void forget(const std::string& escaped);
    struct Elf {
        std::size_t number = 0;
        std::string line;
    };
    std::map<std::string, std::string> files_, texts_;  // escaped path → the rest of its line
    std::map<std::string, Elf> elfs_;
    std::set<std::string> opaque_;
    std::string symbols_;       // "name TAB number TAB version TAB 1|0 LF", in no order, dead numbers too
    std::size_t next_elf_ = 0;  // the number of the next ELF file
    bool deletes_ = false;
};

class LayerIndex {
  public:
    // `bytes` must outlive the index. An error where they are not an index of this version.
    static Result<LayerIndex> open(Bytes bytes);

    Digest diff_id() const { return diff_id_; }
    bool deletes() const { return deletes_; }  // whether it holds whiteouts, or a folder that hides older content

    std::optional<IndexedFile> find(std::string_view path) const;
    bool is_opaque(std::string_view folder) const;
    // The names directly in a folder, whiteouts included, in the order of bytes; "" is the root.
    std::vector<std::pair<std::string, IndexedFile>> children(std::string_view folder) const;
    // Whether it has anything below it, even where it does not list the folder.
    bool has_below(std::string_view folder) const;
    // Folders that the layer fills or empties without listing them as folders; sorted, without the root.
    std::vector<std::string> folders_not_listed() const;
    std::vector<std::string> paths_of(IndexedFile::Type type) const;  // all paths of one type
    std::optional<std::string> text(std::string_view path) const;
    std::vector<std::string> text_paths() const;

    const std::vector<IndexedElf>& elfs() const { return elfs_; }
    std::optional<std::size_t> elf_at(std::string_view path) const;  // an index into elfs(); hard links are followed
    struct Export {
        std::size_t elf = 0;
        std::string version;  // empty: none
        bool is_default = true;
    };
    std::vector<Export> exports(std::string_view name) const;

  private:
    Digest diff_id_;
    bool deletes_ = false;
    std::string_view files_, texts_, symbols_;
    std::vector<IndexedElf> elfs_;
    std::map<std::size_t, std::size_t> by_number_;  // a line's number → index into elfs_
    std::map<std::string, std::size_t, std::less<>> by_path_;
};

}  // namespace tmplbuild::kernel
