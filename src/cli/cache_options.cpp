// SPDX-License-Identifier: Apache-2.0
#include "cli/cache_options.hpp"

#include "cache/registry_cache.hpp"
#include "cli/progress.hpp"
#include "sys/file.hpp"

namespace tmplbuild::cli {

Reference cache_repository(const std::string& text, const std::string& option) {
    static constexpr std::string_view scheme = "docker://";
    const std::string hint = "write it as " + option + " docker://HOST/REPOSITORY, such as docker://ghcr.io/me/cache";
    if (!text.starts_with(scheme))
        throw BuildError(usage_error(option + " needs a repository of a registry, found '" + text + "'", hint));
    const std::string name = text.substr(scheme.size());
    Reference out = Reference::parse(name).value();
    // The tags of a cache are the keys of its steps.
    if (out.digest || name.find(':', name.rfind('/') + 1) != std::string::npos)
        throw BuildError(
            usage_error(option + " names a repository without a tag or digest, found '" + text + "'", hint));
    return out;
}

std::shared_ptr<const SigningKey> cache_key(const Options& options) {
    if (options.cache_key.empty()) return nullptr;
    if (options.cache_from.empty() && options.cache_to.empty())
        throw BuildError(
            usage_error("--cache-key is for steps of shared caches, and there is no --cache-from or --cache-to"));
    auto pem = sys::read_file(options.cache_key, 1 << 20);
    if (!pem) {
        Error error = pem.error();
        error.kind = ErrorKind::usage;
        throw BuildError(error);
    }
    return std::make_shared<const SigningKey>(SigningKey::parse(*pem, options.cache_key).value());
}

std::vector<SecretFile> secret_files(const Options& options) {
    std::vector<SecretFile> out;
    for (const std::string& text : options.secrets)
        out.push_back({"--secret " + text.substr(0, text.find('=')), text.substr(text.find('=') + 1)});
    if (!options.cache_key.empty()) out.push_back({"--cache-key", options.cache_key});
    return out;
}

std::shared_ptr<cache::RemoteCache> remote_cache(const Options& options,
                                                 const std::shared_ptr<const registry::Client>& client,
                                                 const Store* places, std::function<void(const std::string& text)> warn,
                                                 std::function<void(const std::string& text)> unanswered) {
    if (options.cache_from.empty()) return nullptr;
    cache::RegistryCache::Settings settings{
        client, {}, places, std::move(warn), cache_key(options), std::move(unanswered)};
    for (const std::string& text : options.cache_from)
        settings.repositories.push_back(cache_repository(text, "--cache-from"));
    return std::make_shared<cache::RegistryCache>(std::move(settings));
}

std::unique_ptr<SharedCache> shared_cache(const Options& options, const std::shared_ptr<const registry::Client>& client,
                                          const Store& store, Progress& progress) {
    auto from = remote_cache(options, client, &store, warnings_of(progress));
    const auto key = cache_key(options);
    std::unique_ptr<cache::CacheWriter> to;
    if (!options.cache_to.empty()) {
        cache::CacheWriter::Settings settings{client, cache_repository(options.cache_to, "--cache-to"), options.version,
                                              SharedCache::side_kinds(), key};
        to = std::make_unique<cache::CacheWriter>(std::move(settings), store, progress);
    }
    if (!from && !to) return nullptr;
    return std::make_unique<SharedCache>(store, progress, std::move(from), std::move(to),
                                         key ? key->id().to_string() : "");
}

}  // namespace tmplbuild::cli
