// SPDX-License-Identifier: Apache-2.0
// What a source distribution says about itself without being run: its dependencies, and what its build needs. Used
// while resolving, since the resolver may never run a package's code. Never guesses what is not written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

struct SdistMetadata {
    std::string name, version;               // those that were asked for; if they were empty, those in the archive
    std::vector<std::string> requires_dist;  // PEP 508
    std::vector<std::string> extras;
    std::string requires_python;  // a version specifier; empty: any
};

// Read from PKG-INFO ("Core metadata"), else from setuptools' *.egg-info/requires.txt. An archive without PKG-INFO is a
// build error, since every tool that makes sdists writes it.
Result<SdistMetadata> read_sdist_metadata(const std::filesystem::path& archive, const std::string& name,
                                          const std::string& version);

// build-system.requires of the pyproject.toml in its top folder, or in a folder below that (PEP 518); setuptools and
// wheel where there is none.
Result<std::vector<std::string>> read_build_requirements(const std::filesystem::path& archive,
                                                         const std::string& subdirectory = {});
// The text of that pyproject.toml; none where there is none.
Result<std::optional<std::string>> read_pyproject(const std::filesystem::path& archive,
                                                  const std::string& subdirectory = {});

// Parsers of the two formats. requires.txt has requirements and sections: "[extra]", "[:marker]", "[extra:marker]"
// (setuptools, "egg-info formats").
void parse_pkg_info(const std::string& text, SdistMetadata& out);
void parse_requires_txt(const std::string& text, SdistMetadata& out);

}  // namespace tmplbuild
