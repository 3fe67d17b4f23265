// SPDX-License-Identifier: Apache-2.0
// What the builds of one template write themselves: its lock, the store, outputs of this build and of earlier ones. The
// template never copies any of it, since each image would otherwise hold the one before it. Nor does it copy a secret
// of the command line. Called when a template has been read. Outputs are remembered in the store, so that `plan` knows
// those of `build -o`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "template/template.hpp"

namespace tmplbuild {

// The default output of a template, and the default volume of `run`: below the current folder.
std::filesystem::path default_output(const Template& tmpl);
std::filesystem::path default_volume();

// A file of the command line that no image may hold.
struct SecretFile {
    std::string option;  // "--cache-key"
    std::filesystem::path path;
};

// Sets the lists of left-out files in every copied item of the template; `written` are the files and folders that this
// command will write. Throws BuildError, with one usage error for each of the `secrets` that the template would copy:
// where such a file was left out silently, a command that needs it would miss it.
void leave_out_own_files(Template& tmpl, const Store& store, const std::vector<std::filesystem::path>& written,
                         const std::vector<SecretFile>& secrets = {});

// To be called once they are written, and not before: a folder that was refused as an output still belongs to the user.
// Throws BuildError.
void remember_outputs(const std::filesystem::path& template_file, const Store& store,
                      const std::vector<std::filesystem::path>& written);

}  // namespace tmplbuild
