// SPDX-License-Identifier: Apache-2.0
// What somebody's base brings for apt: its sources, the keys that these are checked with, its pins. Read beneath the
// base's root when it is measured and kept in the base step's record, so that packages are resolved as `apt-get` in
// that base would. Only sources over HTTP count: any other would read this machine's files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "resolve/apt_source.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

struct BaseApt {
    std::vector<AptSource> sources;
    std::map<std::string, std::string> keys;  // by their path in the base, "/usr/share/keyrings/x.gpg"
    std::vector<std::string> trusted;         // of `keys`: those of sources that name none
    std::string preferences;                  // apt_preferences(5), all files one after the other
    bool operator==(const BaseApt&) const = default;

    json::object to_json() const;
    static Result<BaseApt> from_json(const json::object& o);
};

// Files that are missing, no regular files or too large are passed over, as are sources over anything but HTTP.
BaseApt read_base_apt(const sys::Beneath& root);

}  // namespace tmplbuild
