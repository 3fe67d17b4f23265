// SPDX-License-Identifier: Apache-2.0
// Where files go: folders beneath ComfyUI's models folder or the volume, opened so that no name and no link leads out
// of them (openat2(2), RESOLVE_BENEATH). Used by transfers. Never replaces a file, never follows a link to a file.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "download/item.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::download {

struct Roots {
    std::string models = "/workspace/ComfyUI/models", volume = "/workspace";

    const std::string& of(Root root) const { return root == Root::models ? models : volume; }
};

// The folder in the words of who asked: "loras/wan" beneath the models folder, or an absolute one beneath it or the
// volume. Only the text is looked at.
Result<Destination> destination_of(std::string_view folder, const Roots& roots);

class Place {
  public:
    // Makes what is missing of the folder.
    static Result<Place> open(const Roots& roots, const Destination& to);

    Result<bool> has(const std::string& name) const;
    // For reading and writing; made where it is missing. A link, or anything that is no regular file, is an error.
    Result<sys::Fd> open_part(const std::string& name) const;
    // Gives a finished part its name, where no file has it, and makes that last.
    Result<void> finish(const std::string& part, const std::string& name) const;
    void remove(const std::string& name) const;  // where it is there
    // Whether a part is gone and a file of its name and size is there: finish() was done.
    bool was_named(const std::string& part, const std::string& name, std::uint64_t size) const;
    Result<std::uint64_t> free_bytes() const;
    const std::string& path() const { return path_; }

  private:
    Place(sys::Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    sys::Fd fd_;
    std::string path_;  // for messages
};

// Whether an error says that the volume takes no more.
bool is_full(const Error& error);

}  // namespace tmplbuild::download
