// SPDX-License-Identifier: Apache-2.0
// What an image takes over from the configuration of the image it stands on, as a Dockerfile's FROM does: variables,
// labels, user, working directory, ports, volumes (image-spec 1.1, config.md, "config"). What cannot be kept is told
// in words, never dropped in silence. Kept in the record of the base step; used when the image is assembled. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "oci/documents.hpp"
#include "oci/image.hpp"

namespace tmplbuild::oci {

struct Inherited {
    std::map<std::string, std::string> environment, labels;
    std::string user, directory;           // empty: the base says nothing
    std::set<std::string> ports, volumes;  // "8080/tcp"; "/data"
    std::vector<std::string> lost;         // sentences for people: what the base has and this image does not
    bool operator==(const Inherited&) const = default;

    json::object to_json() const;
    static Result<Inherited> from_json(const json::object& o);
};

// Values that no runtime would take (a port that is none, a volume that is no path) are `lost`.
Inherited inherit(const ImageConfig& base);

// Puts it under what `spec` says itself, which holds where both say something.
void lay_under(const Inherited& base, ImageSpec& spec);

}  // namespace tmplbuild::oci
