// SPDX-License-Identifier: Apache-2.0
// Where this machine finds Python packages: pip's configuration files and PIP_* variables, and uv's own variables,
// which win where both set something. Read when Python packages are resolved or fetched. Never stored; its addresses,
// which may hold passwords, are never printed whole.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "template/index_strategy.hpp"

namespace tmplbuild {

struct PipSettings {
    std::string default_index;                    // URL, with its user part; empty: uv's own default
    std::vector<std::string> more_indexes;        // as above, in order
    std::optional<IndexStrategy> index_strategy;  // none: uv's default
    std::vector<std::string> find_links;          // absolute folders that exist, and URLs of pages
    bool no_index = false;                        // only find_links count
    std::filesystem::path ca_file;                // PEM; empty: the environment's or the system's
    std::vector<std::string> trusted_hosts;       // "host" or "host:port": their certificates are not checked

    bool trusts(const std::string& url) const;
    // The URL, where it has no user part, with that of the index or page on the same host.
    std::string with_user(const std::string& url) const;
};

using Environment = std::function<std::string(const std::string& name)>;  // "" for a variable that is not set
Environment process_environment();

// `root` is the folder in which /etc is looked for. A missing configuration file is no error; one that cannot be
// understood is a machine_error with its place, and so is a variable with a word that uv does not know. Later sources
// win: /etc, the user's file, the virtual environment's, PIP_CONFIG_FILE, PIP_* variables (pip's "Configuration" page);
// sections [global], then [install].
Result<PipSettings> read_pip_settings(const Environment& environment, const std::filesystem::path& root = "/");

}  // namespace tmplbuild
