// SPDX-License-Identifier: Apache-2.0
// pylock.toml (PEP 751) as a resolver writes it: versions with all their files. Read once after each resolution. Never
// kept: our own lock is, which has no addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild {

struct PylockFile {
    std::string name;              // of the file; never with a '/'
    std::string location;          // an http(s) URL, or an absolute path
    std::optional<Digest> sha256;  // none where the index does not know it
    std::uint64_t size = 0;        // bytes; 0: not known
};

struct PylockPackage {
    std::string name, version;  // the name in its normal form
    std::vector<PylockFile> wheels;
    std::optional<PylockFile> sdist;
    std::optional<PylockFile> archive;  // in place of the files above: the one that a requirement named by its address
};

// Relative paths in it count from `folder`. A package from version control or a folder is a usage error: requirements
// of that kind were replaced by archives before the resolver was asked, and a dependency may not have one.
Result<std::vector<PylockPackage>> parse_pylock(std::string_view text, const std::string& folder);

// The last part of a URL's path, decoded: "%2B" → "+".
std::string url_file_name(std::string_view url);

}  // namespace tmplbuild
