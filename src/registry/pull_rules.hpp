// SPDX-License-Identifier: Apache-2.0
// Where images are pulled from besides the registry of their name: its mirrors, another place of a namespace, and what
// is not to be asked at all. The rules of containers-registries.conf(5), as values; engine/registries_conf.hpp reads
// them from files. Used by the sources of a pull and by every session. Never asks anybody, and has no part in pushes
// but to refuse what is blocked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/reference.hpp"

namespace tmplbuild::registry {

// One place that may have an image.
struct PullPlace {
    Reference image;  // as it is called there
    bool is_mirror = false;
    bool is_insecure = false;  // the settings allow plain http and unknown certificates there
};

class PullRules {
  public:
    enum class MirrorUse { all, digest_only, tag_only };  // for which references a mirror is asked
    struct Mirror {
        std::string location;  // "mirror.example.org/hub": it takes the place of the prefix
        bool is_insecure = false;
        MirrorUse use = MirrorUse::all;
    };
    struct Registry {
        std::string prefix;      // of the images' names: "docker.io", "quay.io/me", "*.example.org"
        std::string location{};  // takes the place of the prefix where images are read; empty: the prefix itself
        bool is_insecure = false;
        bool is_blocked = false;
        std::vector<Mirror> mirrors{};  // in the order in which they are asked
        std::string source{};           // for messages: the file that says so
    };

    // Takes the place of an entry with the same prefix.
    void add(Registry entry);

    // An error in words where the image is of a blocked namespace.
    Result<void> check_allowed(const Reference& image) const;
    // In the order in which they are asked; the last one is the registry itself, or its other location. An error where
    // a location makes a name that cannot be one.
    Result<std::vector<PullPlace>> places_of(const Reference& image) const;

  private:
    struct Match {
        const Registry* entry = nullptr;  // none: no rule is for the image
        std::size_t length = 0;           // of the image's name, which the prefix covers
    };
    Match find(std::string_view name) const;

    std::vector<Registry> entries_{};
};

}  // namespace tmplbuild::registry
