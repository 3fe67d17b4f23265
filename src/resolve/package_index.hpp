// SPDX-License-Identifier: Apache-2.0
// Finds where a file can be fetched: in the simple repository API of the machine's indexes (PEP 691 as JSON, PEP 503 as
// HTML), and in find-links folders and pages. Used to fetch what a lock names without addresses, and to lock an sdist
// of a given version. Never chooses versions.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "io/http.hpp"
#include "resolve/lock.hpp"
#include "resolve/pip_settings.hpp"

namespace tmplbuild {

struct IndexLink {
    std::string file;  // the file's name
    std::string url;
    std::optional<Digest> sha256;
};

// Parsers of the two page formats; `page` is the page's own URL, for relative links. HTML: every `<a href>`, with
// `<base href>` obeyed and character references replaced. Invalid links are left out.
Result<std::vector<IndexLink>> parse_simple_json(std::string_view text, const std::string& page);
std::vector<IndexLink> parse_simple_html(std::string_view text, const std::string& page);

struct FilePlaces {
    std::vector<std::string> locations;  // absolute paths and URLs, to be tried in order
    std::vector<std::string> reasons;    // one line for each place that does not have it
};

// What the indexes have of one version of a project.
struct SdistSearch {
    std::optional<IndexLink> link;     // a URL, or the absolute path of a file in a find-links folder
    std::vector<std::string> reasons;  // one line for each place that does not have it
};

class PackageIndex {
  public:
    // `indexes`: URLs, in order; where settings.default_index is empty, uv's own default is among them.
    PackageIndex(const PipSettings& settings, std::vector<std::string> indexes, io::Http& http)
        : settings_(settings), indexes_(std::move(indexes)), http_(http) {}

    // Several threads may call it at once. An error only when an index cannot be reached and no other place has the
    // file.
    Result<FilePlaces> find(const LockedDistribution& wanted, std::stop_token stop);
    // The sdist of exactly this version, to be locked: from find-links, else from the first index that has the project
    // at all, as uv does it, unless the settings let later indexes count too. A place that cannot be reached is an
    // error, since it might have another file of the same name.
    Result<SdistSearch> find_sdist(const std::string& project, const std::string& version, std::stop_token stop);

  private:
    Result<std::vector<IndexLink>> page(const std::string& url, std::stop_token stop);
    const PipSettings& settings_;
    std::vector<std::string> indexes_;
    io::Http& http_;
    std::mutex mutex_;
    std::map<std::string, std::vector<IndexLink>> link_pages_;  // of find-links pages, guarded by mutex_
};

// A request for a URL, with what the settings say about its host.
io::HttpRequest request_for(const PipSettings& settings, const std::string& url);

}  // namespace tmplbuild
