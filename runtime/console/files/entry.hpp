// SPDX-License-Identifier: Apache-2.0
// A file or folder as lists have it: the fields of the original template's file manager, as JSON text. Used by browse
// and search. Text is written straight, since a list may have tens of thousands of entries.
#pragma once

#include <sys/stat.h>

#include <string>

#include "console/files/roots.hpp"

namespace tmplbuild::console::files {

struct Entry {
    std::string name{};   // bytes
    struct stat info {};  // of what it leads to, where it is a link that stays beneath the root
    bool is_link = false;
    bool is_known = false;  // info was read

    bool is_folder() const { return S_ISDIR(info.st_mode); }
};

// Reads `info` of a name in an open folder.
void look_at_entry(const Roots& roots, const Place& folder, int fd, Entry& entry);

// How many files and folders are in it, hidden ones too; -1: not known.
struct Counts {
    std::int64_t files = -1, folders = -1;
};
Counts count_entries(int folder, const std::string& name);

// `folder`: its path as clients write it. `counts` are for folders alone.
void add_entry(std::string& json, const std::string& folder, const Entry& entry, const Counts& counts);
// A text as JSON has it, in quotes.
void add_text(std::string& json, std::string_view text);

// Whether this process may write there, by mode, owner and file system.
bool is_writable(int folder, const char* name);

}  // namespace tmplbuild::console::files
