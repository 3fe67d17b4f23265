// SPDX-License-Identifier: Apache-2.0
// The values of a service that a template writes in a form of its own: probes, limits, secrets, a umask, a user. Called
// by read_services.cpp with the service's table; each reports what is wrong and returns what is right.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "podspec/service.hpp"
#include "template/fields.hpp"

namespace tmplbuild {

// No service may have these names.
inline constexpr std::array<const char*, 4> reserved_services = {"console", "gateway", "launcher", "tmplbuild"};

void read_ready(TableReader& parent, std::string_view key, pod::Probe& out, Reading& reading);
void read_health(TableReader& parent, std::string_view key, pod::Service& out, Reading& reading);
std::optional<std::uint32_t> read_umask(TableReader& table, std::string_view key);
std::vector<pod::ResourceLimit> read_limits(TableReader& parent, std::string_view key, Reading& reading);
// `environment` is what the service's own key of that name sets; no secret may set the same variable.
std::vector<pod::GeneratedSecret> read_secrets(TableReader& parent, std::string_view key, const StringMap& environment,
                                               Reading& reading);
std::string read_user(TableReader& table, std::string_view key);
// The path of an HTTP address.
std::string read_url_path(TableReader& table, std::string_view key);
// Paths of pages, without a query. `out` stays as it is where the key is left out.
void read_url_paths(TableReader& table, std::string_view key, std::vector<std::string>& out);

}  // namespace tmplbuild
