// SPDX-License-Identifier: Apache-2.0
// Sets of a catalogue from workflows that tell of their models, as ComfyUI's own templates do
// (comfyui-workflow-templates-json, MIT). Used by `tmplbuild catalogue import`. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "catalogue/catalogue.hpp"

namespace tmplbuild::catalogue {

// A name of the form that ids have: "Wan2.2_VAE.safetensors" gives "wan2.2_vae"; "-2" and so on where that is taken.
std::string id_for(std::string_view file_name, const std::set<std::string>& taken);

// One set with all models of a workflow that have a link. `title` is the set's, for people. Sizes come from the notes
// that the templates hold ("[x.safetensors](link) (13.31 GB)"), roughly. `taken` gets the new ids.
Result<ModelSet> set_of_workflow(std::string_view text, const std::string& name, const std::string& title,
                                 std::set<std::string>& taken);

// `fresh` sets over those of `old` with the same name; an entry with the same file, folder and link keeps what a person
// or the hub said about it.
Catalogue with_sets(const Catalogue& old, const std::vector<ModelSet>& fresh);

}  // namespace tmplbuild::catalogue
