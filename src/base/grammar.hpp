// SPDX-License-Identifier: Apache-2.0
// Which texts are names, packages, versions, suites or paths, as templates, locks and images share them. There is one
// question for each kind of value, so that no reader takes what another one refuses: anybody may write these files, and
// their values end up in commands, paths and addresses. Pure: it answers yes or no, the reader says where the value
// stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild {

bool is_name(std::string_view text);                     // [a-z0-9][a-z0-9._-]*, at most 63 bytes
bool is_hex(std::string_view text, std::size_t digits);  // lower case
// A path that stays below the folder that it counts from.
bool is_inner_path(std::string_view text);
// One component of a path that cannot be taken for an option or a hidden file, and cannot lead elsewhere.
bool is_file_name(std::string_view text);

// Debian Policy 5.6.1, without the forms that apt-get reads as "remove" ("git-")
bool is_debian_package(std::string_view text);
bool is_debian_version(std::string_view text);       // deb-version(7): [epoch:]upstream[-revision]
bool is_debian_architecture(std::string_view text);  // "amd64", "all"
const std::vector<std::string>& debian_suites();     // code names, oldest first
bool is_debian_suite(std::string_view text);         // one of them

bool is_python_project(std::string_view text);          // PEP 508, names
std::string normalized_project(std::string_view name);  // "Torch_Vision" → "torch-vision" (PEP 503)
bool is_python_version(std::string_view text);          // the characters that PEP 440 has
// PEP 440's normal spelling, which names folders ("toy-1.0rc1.dist-info"): "1.0.0", "2!1.0rc1.post2+cu130".
bool is_plain_python_version(std::string_view text);
// A Python interpreter of the base: its path ("/opt/conda/bin/python3") or its version ("3.12").
bool is_interpreter_name(std::string_view text);

// Who a container starts as (image-spec, config.md, "User"): "root", "1000", "name:group".
bool is_image_user(std::string_view text);

// "https://host/path" with one of the schemes: no white space, no control characters, no password.
bool is_address(std::string_view text, const std::vector<std::string>& schemes);
const std::vector<std::string>& git_schemes();  // of a repository's address

}  // namespace tmplbuild
