// SPDX-License-Identifier: Apache-2.0
// Asks the hub (Hugging Face) for the commit, size and SHA-256 of a catalogue's models, by its API: one question for
// all files of a repository. Used by `tmplbuild catalogue lock`. Downloads no model, changes no other field.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "catalogue/catalogue.hpp"
#include "io/http.hpp"

namespace tmplbuild {

struct Hub {
    std::string endpoint;  // "https://huggingface.co"; a mirror's by HF_ENDPOINT
    std::string token;     // HF_TOKEN; goes to the endpoint's host alone
};
Hub hub_from_environment();

// Sets what was learned in `catalogue`. Returns an error for each model that could not
// be resolved; it and models of other hosts stay as they are.
std::vector<Error> lock_models(catalogue::Catalogue& catalogue, const Hub& hub, io::Http& http, Progress& progress,
                               std::stop_token stop);

}  // namespace tmplbuild
