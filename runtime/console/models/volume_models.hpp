// SPDX-License-Identifier: Apache-2.0
// The model files of a pod: every folder that ComfyUI reads, and what beside them looks like one, with what is wrong
// about a file's place. Used by the worker for models. Blocking; follows links as ComfyUI does; changes nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "catalogue/match.hpp"
#include "console/models/kept_facts.hpp"
#include "console/models/places.hpp"

namespace tmplbuild::console {

struct MisplacedModel {
    std::string path, problem;
    std::string move_to;  // a folder; empty where nothing certain is known
};

struct VolumeModels {
    std::vector<catalogue::ModelFile> files;
    std::vector<MisplacedModel> warnings;
    KeptFacts facts;          // those that were given, and those that were learned
    bool is_cut = false;      // there are more files than anybody has
    bool has_unread = false;  // kinds of some files were not read in time; the next look goes on
};

struct ScanLimits {
    std::size_t files = 50'000;
    std::size_t heads = 400;  // of files whose kind is not known yet
};
// `at_work` is called again and again, so that nobody takes this for stuck.
VolumeModels scan_models(const ModelPlaces& places, const FolderView& view, KeptFacts facts,
                         const std::function<void()>& at_work, const ScanLimits& limits = {});

}  // namespace tmplbuild::console
