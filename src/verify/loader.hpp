// SPDX-License-Identifier: Apache-2.0
// What glibc's dynamic linker would load from an image, found by reading: DT_NEEDED with DT_RPATH and DT_RUNPATH,
// LD_LIBRARY_PATH, the folders of ld.so.conf, the default ones (ld.so(8)). The link proof asks it in which libraries a
// module's symbols are looked up. Never starts the linker.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/link_proof.hpp"
#include "verify/root_view.hpp"

namespace tmplbuild {

struct LoadedObject {
    RootView::Node node;
    const kernel::IndexedElf* elf = nullptr;
    std::vector<std::size_t> needed;  // indexes into Loader::objects()
    // Libraries that are needed and lie nowhere; the driver's own are not among them.
    std::vector<std::string> not_found;
};

class Loader {
  public:
    // `library_path`: the image's LD_LIBRARY_PATH; may be empty.
    Loader(const RootView& view, std::string_view library_path);

    // Loads an object and all that it needs, and returns its index. A library that was loaded before under the same
    // soname is taken again, as the linker does.
    std::size_t load(const RootView::Node& node);
    // Where a library is found by its name alone, whichever object asks.
    std::optional<RootView::Node> find_library(const std::string& soname) const;
    const std::vector<LoadedObject>& objects() const { return objects_; }
    // The object itself and, breadth first, what it needs: its symbols are looked up there.
    std::vector<std::size_t> closure(std::size_t object) const;

  private:
    std::optional<RootView::Node> look(const std::vector<std::string>& folders, const std::string& name) const;
    std::vector<std::string> own_folders(const LoadedObject& object) const;
    std::optional<RootView::Node> search(std::size_t object, const std::string& name,
                                         const std::vector<std::size_t>& loaders) const;
    void load_needed(std::size_t object, std::vector<std::size_t>& loaders);

    const RootView& view_;
    std::vector<std::string> library_path_, folders_;
    std::vector<LoadedObject> objects_;
    std::map<std::string, std::size_t> by_name_;  // sonames, and the names under which objects asked for them
    std::map<std::string, std::size_t> by_path_;
};

}  // namespace tmplbuild
