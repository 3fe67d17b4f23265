// SPDX-License-Identifier: Apache-2.0
// What an image takes over from the configuration of its base image, as with a Dockerfile's FROM: variables, labels,
// user, working directory, ports, volumes (image-spec 1.1, config.md, "config"). What cannot be kept is reported in
// words, never dropped silently. Kept in the record of the base step; used when the image is assembled. Pure.
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
    std::vector<std::string> lost;         // sentences for people about what the base has and this image does not
    bool operator==(const Inherited&) const = default;

    json::object to_json() const;
    static Result<Inherited> from_json(const json::object& o);
};

// Invalid values that runtimes refuse (a port that is not one, a volume that is no path) are added to `lost`.
Inherited inherit(const ImageConfig& base);

// Adds it to `spec`; where both set something, `spec` wins.
void lay_under(const Inherited& base, ImageSpec& spec);

}  // namespace tmplbuild::oci
