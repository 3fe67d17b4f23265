// SPDX-License-Identifier: Apache-2.0
// apt's sources as values: read from both forms of sources.list(5), one line or deb822, and written as deb822. For the
// sources of this machine, of somebody's base, and of a template. Pure; trusts nothing that it reads.
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

// The enabled `deb` entries for amd64. `deb822`: by the file's ending, as apt tells them (".sources"). Lines that are
// no entries are passed over, as apt's own would have stopped the image's author.
std::vector<AptSource> parse_apt_sources(std::string_view text, bool deb822);

// What a suite's name says in Debian's archive: "bookworm-security" → {"bookworm", "-security"}; also the words that
// move ("stable"). Nothing for any other name.
struct DebianSuite {
    std::string release, part;  // part: "", "-updates", "-security", "-backports", "-proposed-updates"
};
std::optional<DebianSuite> debian_suite(std::string_view suite);
// Whether every suite and component of it is one of Debian's own archive.
bool is_debian_archive(const AptSource& source);

// The sources of `machine` that serve `release` of Debian: its own entries of that release, else those of another
// release with this one's name in its place, since a mirror has all of them. `keyring`: the keys of the whole archive
// on this machine, for an entry whose own key is of the other release. Empty: the machine has no Debian sources.
std::vector<AptSource> debian_sources(const std::vector<AptSource>& machine, const std::string& release,
                                      const std::string& keyring);

// A base's own sources, those of Debian's archive served from where this machine gets them.
std::vector<AptSource> served_here(const std::vector<AptSource>& base, const std::vector<AptSource>& machine,
                                   const std::string& keyring);

// Every suite that they name, each once, in their order.
std::vector<std::string> suites_of(const std::vector<AptSource>& sources);

}  // namespace tmplbuild
