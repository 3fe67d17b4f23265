// SPDX-License-Identifier: Apache-2.0
// The catalogue of a pod: the image's with the user's over it, and changes of the user's, which are written as a whole
// under a lock. Used by the worker for models. The image's is never written.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "catalogue/catalogue.hpp"
#include "console/models/kept_facts.hpp"
#include "console/models/places.hpp"
#include "console/worker/refusal.hpp"
#include "sys/kept_folder.hpp"

namespace tmplbuild::console {

inline constexpr const char* own_catalogue_file = "models.toml";

struct Catalogues {
    catalogue::Catalogue image, own;
    std::string problem;  // in words, where one of the two cannot be read; then it counts as empty
    catalogue::Catalogue all() const { return catalogue::merged(image, own); }
};
// Makes no folder: a volume that has none has no catalogue of the user's.
Catalogues read_catalogues(const ModelPlaces& places);

// Changes the user's catalogue: `change` gets both, and refuses or leaves what is to be written in `own`. A user's
// catalogue that cannot be read is never written over.
Reply<void> change_catalogue(const ModelPlaces& places, const std::function<Reply<void>(Catalogues&)>& change);

KeptFacts read_kept_facts(const ModelPlaces& places);
// Adds to what is kept; on a volume that cannot be written to, nothing is kept.
void keep_facts(const ModelPlaces& places, const KeptFacts& facts);

}  // namespace tmplbuild::console
