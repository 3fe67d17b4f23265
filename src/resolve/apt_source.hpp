// SPDX-License-Identifier: Apache-2.0
// apt's sources as values: read from both forms of sources.list(5), one line or deb822, and written as deb822. Used for
// the sources of this machine, of foreign bases and of templates. Pure; trusts nothing that it reads.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace tmplbuild {

struct AptSource {
    std::vector<std::string> uris, suites, components;  // a suite that ends with '/' is a path, without components
    std::string signed_by;                              // paths, fingerprints, or a key's text; empty: the trusted keys
    std::map<std::string, std::string> options{};       // all others, by deb822's names in lower case: "trusted"
    bool operator==(const AptSource&) const = default;

    std::string to_stanza() const;
    json::object to_json() const;
    static Result<AptSource> from_json(const json::object& o);
};

// The enabled `deb` entries for amd64. `deb822` depends on the file's ending, as in apt (".sources"). Lines that are
// not entries are ignored: the image's author would have seen apt fail on them.
std::vector<AptSource> parse_apt_sources(std::string_view text, bool deb822);

// What the name of a suite in Debian's archive means: "bookworm-security" → {"bookworm", "-security"}. Names that move
// with each release ("stable") are included. None for any other name.
struct DebianSuite {
    std::string release, part;  // part: "", "-updates", "-security", "-backports", "-proposed-updates"
};
std::optional<DebianSuite> debian_suite(std::string_view suite);
// Whether every suite and component of it belongs to Debian's own archive.
bool is_debian_archive(const AptSource& source);

// The sources of `machine` that serve `release` of Debian: its own entries for that release, else those for another
// release with the name replaced, since a mirror has all releases. `keyring`: this machine's keys of the whole archive,
// for an entry whose own key is the other release's. Empty: the machine has no Debian sources.
std::vector<AptSource> debian_sources(const std::vector<AptSource>& machine, const std::string& release,
                                      const std::string& keyring);

// A base's own sources, in which those of Debian's archive are replaced by this machine's addresses for it.
std::vector<AptSource> served_here(const std::vector<AptSource>& base, const std::vector<AptSource>& machine,
                                   const std::string& keyring);

// Every suite that they name, each once, in their order.
std::vector<std::string> suites_of(const std::vector<AptSource>& sources);

}  // namespace tmplbuild
