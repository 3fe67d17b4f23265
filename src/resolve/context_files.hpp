// SPDX-License-Identifier: Apache-2.0
// The files of a template's folder that go into an image: opened beneath that folder, links on the way followed inside
// it and refused outside; without what `exclude`, an ignore file, and the tool's own outputs leave out. Every reader of
// context files asks here, so that a digest, a layer and a requirements file see the same. Never writes.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "resolve/ignore_file.hpp"
#include "sys/beneath.hpp"
#include "template/template.hpp"

namespace tmplbuild {

// A pattern (fnmatch(3)) that holds a '/' is matched against the path below the source, others against the last part.
bool is_excluded(const std::vector<std::string>& patterns, const std::string& relative);

class ContextFiles {
  public:
    // The item has a source, and outlives the value. Usage errors at its place: no such file, one that leads out of the
    // context, that an ignore file leaves out, or that is the tool's own.
    static Result<ContextFiles> open(const FileItem& item);

    // Files, folders and links below the source, each folder before what is in it, in the order of their names; first
    // the source itself, as "". A link below it is not followed.
    using Visit = std::function<Result<void>(const std::string& relative, const struct stat& facts)>;
    Result<void> walk(const Visit& visit) const;

    bool is_folder() const { return S_ISDIR(facts_.st_mode); }
    // Of what walk() named; "" is the source itself.
    Result<sys::Fd> open_file(const std::string& relative) const;
    Result<std::string> read_link(const std::string& relative) const;
    std::filesystem::path shown(const std::string& relative) const;  // for messages
    // A file below a source that is a folder, links followed inside the context; none where it is left out or absent.
    Result<std::optional<std::string>> read_text(const std::string& relative, std::uint64_t limit) const;

  private:
    ContextFiles(const FileItem& item, sys::Beneath root) : item_(&item), root_(std::move(root)) {}
    Result<void> find_source();
    Result<void> read_ignore_file();
    std::string place(const std::string& relative) const;  // below the context
    bool is_ignored(const std::string& relative) const;
    bool is_own(const std::string& place) const;
    bool leads_to_own(const std::string& place) const;
    struct Walk;
    Result<void> walk_folder(const std::string& relative, Walk& walk) const;

    const FileItem* item_;
    sys::Beneath root_;
    std::string written_, real_;  // the source below the context: as it is written, and where it lies
    struct stat facts_ {};
    IgnoreFile ignore_;
    std::string ignore_name_;       // "" without one
    std::vector<std::string> own_;  // what is the tool's own, below the context
};

}  // namespace tmplbuild
