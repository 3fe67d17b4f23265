// SPDX-License-Identifier: Apache-2.0
// The files of a template's folder that go into an image. They are opened beneath that folder; links on the way are
// followed inside it and refused outside; files that `exclude`, an ignore file or the tool's own outputs leave out are
// missing. Every reader of context files uses it, so that a digest, a layer and a requirements file see the same. Never
// writes.
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

// A pattern (fnmatch(3)) with a '/' is compared with the path below the source, any other with its last part.
bool is_excluded(const std::vector<std::string>& patterns, const std::string& relative);

class ContextFiles {
  public:
    // The item has a source, and outlives this value. Usage errors, at the item's place: a file that does not exist,
    // leads out of the context, is left out by an ignore file, or is the tool's own.
    static Result<ContextFiles> open(const FileItem& item);

    // Visits files, folders and links below the source, sorted by name, each folder before its content; the source
    // itself comes first, as "". Links below it are not followed.
    using Visit = std::function<Result<void>(const std::string& relative, const struct stat& facts)>;
    Result<void> walk(const Visit& visit) const;

    bool is_folder() const { return S_ISDIR(facts_.st_mode); }
    // Opens a file that walk() named; "" is the source itself.
    Result<sys::Fd> open_file(const std::string& relative) const;
    Result<std::string> read_link(const std::string& relative) const;
    std::filesystem::path shown(const std::string& relative) const;  // for messages
    // The text of a file below a source folder, with links followed inside the context; none where it is left out or
    // absent.
    Result<std::optional<std::string>> read_text(const std::string& relative, std::uint64_t limit) const;

  private:
    ContextFiles(const FileItem& item, sys::Beneath root) : item_(&item), root_(std::move(root)) {}
    Result<void> find_source();
    Result<void> read_ignore_file();
    std::string place(const std::string& relative) const;  // the path below the context
    bool is_ignored(const std::string& relative) const;
    bool is_own(const std::string& place) const;
    bool leads_to_own(const std::string& place) const;
    struct Walk;
    Result<void> walk_folder(const std::string& relative, Walk& walk) const;

    const FileItem* item_;
    sys::Beneath root_;
    std::string written_, real_;  // the source's path below the context: as written, and after its links
    struct stat facts_ {};
    IgnoreFile ignore_;
    std::string ignore_name_;       // "" where there is none
    std::vector<std::string> own_;  // paths below the context that are the tool's own
};

}  // namespace tmplbuild
