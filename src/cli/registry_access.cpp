// SPDX-License-Identifier: Apache-2.0
#include "cli/registry_access.hpp"

#include <cstdio>
#include <mutex>
#include <optional>

#include "base/printable.hpp"
#include "engine/registries_conf.hpp"
#include "registry/place.hpp"
#include "resolve/pip_settings.hpp"

namespace tmplbuild::cli {

namespace {

// A client together with the objects to which it refers.
struct OwnedClient {
    io::HttpClient http{};
    io::SystemProcessRunner runner{};
    registry::Client client{.http = http, .runner = runner};
    std::mutex mutex{};  // of the settings for registries, which the first request reads
    std::optional<Result<registry::PullRules>> rules{};
};

}  // namespace

std::shared_ptr<const registry::Client> registry_client(const Options& options,
                                                        std::function<void(const std::string& text)> tell) {
    auto owned = std::make_shared<OwnedClient>();
    for (const std::string& host : options.plain_http) {
        if (!is_registry_host(host))
            throw BuildError(usage_error("--plain-http needs a host, found '" + host + "'",
                                         "write it as HOST or HOST:PORT, without http://"));
        owned->client.plain_http.insert(host);
    }
    owned->client.environment = process_environment();
    owned->client.tell = std::move(tell);
    owned->client.pull_rules = [owned = owned.get()] {
        const std::scoped_lock lock(owned->mutex);
        if (!owned->rules) owned->rules = read_registries_conf(owned->client.environment);
        return *owned->rules;
    };
    return {owned, &owned->client};
}

oci::ImageSource open_image(const std::string& text, const Options& options, const std::stop_token& stop) {
    const oci::ImageName name = oci::ImageName::parse(text).value();
    if (name.kind != oci::ImageName::Kind::registry) return oci::ImageSource::open(name).value();
    const auto say = [](const std::string& line) { std::fprintf(stderr, "warning: %s\n", visible(line).c_str()); };
    return registry::open_image(name, registry_client(options, say), stop).value();
}

}  // namespace tmplbuild::cli
