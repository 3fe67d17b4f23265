// SPDX-License-Identifier: Apache-2.0
// What a source distribution says about itself without being run: its dependencies, and what its build needs. Used
// while resolving, since the resolver may never run a package's code. Never guesses: what is not written is not there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

struct SdistMetadata {
    std::string name, version;               // as they were asked for; asked for empty: as it says itself
    std::vector<std::string> requires_dist;  // PEP 508
    std::vector<std::string> extras;
    std::string requires_python;  // a version specifier; empty: any
};

// From PKG-INFO ("Core metadata"), else from setuptools' *.egg-info/requires.txt. An archive without PKG-INFO is a
// build error: no tool that makes sdists leaves it out.
Result<SdistMetadata> read_sdist_metadata(const std::filesystem::path& archive, const std::string& name,
                                          const std::string& version);

// build-system.requires of the pyproject.toml in its top folder, or in a folder below that (PEP 518); setuptools and
// wheel where there is none.
Result<std::vector<std::string>> read_build_requirements(const std::filesystem::path& archive,
                                                         const std::string& subdirectory = {});
// That pyproject.toml's text; none where there is none.
Result<std::optional<std::string>> read_pyproject(const std::filesystem::path& archive,
                                                  const std::string& subdirectory = {});

// The two formats, apart from archives. requires.txt has requirements and sections: "[extra]", "[:marker]",
// "[extra:marker]" (setuptools, "egg-info formats").
void parse_pkg_info(const std::string& text, SdistMetadata& out);
void parse_requires_txt(const std::string& text, SdistMetadata& out);

}  // namespace tmplbuild
