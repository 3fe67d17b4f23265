// SPDX-License-Identifier: Apache-2.0
// The facts about a layer that matter outside of its own engine, by its kind. Each kind answers in layer_traits.cpp,
// and the compiler reports a kind that does not. Used by template/, plan/ and engine/; code about one kind alone (apt's
// packages, venvs) looks at the layer itself. Reads no disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "template/layer.hpp"

namespace tmplbuild {

// Views into the layer, which has to live longer.
struct LayerTraits {
    std::string step;                        // id of the step that makes it; layers of one step are made together
    std::size_t least_layers;                // the least number of layers that this step gives the image
    std::span<const FileItem> copied{};      // the files that it copies from this machine
    const GitLayer* commit = nullptr;        // the commit from which its files come
    std::span<const std::string> after{};    // names of layers above it
    std::span<const std::string> secrets{};  // names of the secrets that its commands ask for

    // Whether its files are known before it is built, so that requirements can be read from them.
    bool has_known_files() const { return commit != nullptr || !copied.empty(); }
};
LayerTraits traits_of(const Layer& layer);
// The step that makes a venv.
std::string venv_step(const std::string& venv);

// The lists of files that the tool itself writes, for each folder of this machine that the layer reads; these files are
// left out.
std::vector<std::vector<std::filesystem::path>*> own_file_lists(Layer& layer);

}  // namespace tmplbuild
