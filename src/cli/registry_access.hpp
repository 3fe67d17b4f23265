// SPDX-License-Identifier: Apache-2.0
// The registry's client of one command: this process's logins, and the hosts that --plain-http names. For every command
// that takes an IMAGE.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "cli/commands.hpp"
#include "oci/image_source.hpp"
#include "registry/session.hpp"

namespace tmplbuild::cli {

// `tell` shows a line to people. Throws where --plain-http names no host, or the logins cannot be read.
std::shared_ptr<const registry::Client> registry_client(const Options& options,
                                                        std::function<void(const std::string& text)> tell);

// The image that `text` names, on this machine or in a registry; the registry's words go to stderr.
oci::ImageSource open_image(const std::string& text, const Options& options, const std::stop_token& stop);

}  // namespace tmplbuild::cli
