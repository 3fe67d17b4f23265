// SPDX-License-Identifier: Apache-2.0
// What a foreign base contains for apt: its sources, the keys for these, its pins. Read beneath the base's root when it
// is measured, and kept in the base step's record, so that packages are resolved as `apt-get` in that base would. Only
// sources over HTTP count: any other would read files of this machine.
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
    std::vector<std::string> trusted;         // among `keys`: those for sources that name none
    std::string preferences;                  // apt_preferences(5), all files one after the other
    bool operator==(const BaseApt&) const = default;

    json::object to_json() const;
    static Result<BaseApt> from_json(const json::object& o);
};

// Ignores files that are missing, not regular or too large, and sources that are not HTTP.
BaseApt read_base_apt(const sys::Beneath& root);

}  // namespace tmplbuild
