// SPDX-License-Identifier: Apache-2.0
// Makes the registry's client of one command, from this process's logins and the hosts of --plain-http, and opens
// images with it. Used by every command that takes an IMAGE. Sends nothing before an image is opened.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "cli/commands.hpp"
#include "oci/image_source.hpp"
#include "registry/session.hpp"

namespace tmplbuild::cli {

// `tell` shows a line to people. Throws where --plain-http names no host.
std::shared_ptr<const registry::Client> registry_client(const Options& options,
                                                        std::function<void(const std::string& text)> tell);

// Opens the image that `text` names, on this machine or in a registry; the registry's messages go to stderr.
oci::ImageSource open_image(const std::string& text, const Options& options, const std::stop_token& stop);

}  // namespace tmplbuild::cli
