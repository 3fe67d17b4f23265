// SPDX-License-Identifier: Apache-2.0
// What a layer is to those who do not build it, told by its kind. Each kind answers in layer_traits.cpp, and the
// compiler names a kind that does not. Used by template/, plan/ and engine/; who asks for one kind alone (apt's
// packages, venvs) looks at the layer itself. Reads no disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "template/layer.hpp"

namespace tmplbuild {

// Views into the layer, which has to outlive them.
struct LayerTraits {
    std::string step;                        // id of the step that makes it; layers of one step are made together
    std::size_t least_layers;                // that this step gives the image at least
    std::span<const FileItem> copied{};      // from this machine
    const GitLayer* commit = nullptr;        // that its files come from
    std::span<const std::string> after{};    // layers above it that it names
    std::span<const std::string> secrets{};  // that its commands ask for, by name

    // Whether its files are known before it is built, so that requirements can be read out of them.
    bool has_known_files() const { return commit != nullptr || !copied.empty(); }
};
LayerTraits traits_of(const Layer& layer);
// The step that makes a venv.
std::string venv_step(const std::string& venv);

// The lists of what is left out wherever the layer reads this machine's folders: what the tool itself writes.
std::vector<std::vector<std::filesystem::path>*> own_file_lists(Layer& layer);

}  // namespace tmplbuild
