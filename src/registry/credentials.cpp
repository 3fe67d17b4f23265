// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "sys/file.hpp"

namespace tmplbuild::registry {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t longest_file = 4 << 20;  // bytes
// The hub's key as `docker login` without a host writes it, and as helpers know it.
constexpr const char* hub_key = "https://index.docker.io/v1/";

// What an entry is for: "ghcr.io", "quay.io/me". Docker writes whole URLs, of which only the host counts.
std::string entry_scope(std::string_view key) {
    const bool is_url = key.starts_with("https://") || key.starts_with("http://");
    if (is_url) {
        key = key.substr(key.find("//") + 2);
        key = key.substr(0, key.find('/'));
    }
    const std::size_t slash = std::min(key.find('/'), key.size());
    std::string host = to_lower(key.substr(0, slash));
    if (host == "index.docker.io" || host == "registry-1.docker.io") host = "docker.io";
    std::string_view rest = key.substr(slash);
    if (rest == "/v1/" || rest == "/v2/" || rest == "/") rest = {};
    return host + std::string(rest);
}

// The entry of one of the file's tables that fits the image most closely.
const json::value* entry_for(const json::object& document, const char* table, const Reference& image,
                             std::string& key) {
    const json::value* found = document.if_contains(table);
    if (found == nullptr || !found->is_object()) return nullptr;
    const std::string wanted = image.repository_name();
    const json::value* best = nullptr;
    std::size_t length = 0;
    for (const auto& entry : found->get_object()) {
        const std::string scope = entry_scope(entry.key());
        const bool fits = wanted == scope || wanted.starts_with(scope + "/");
        if (!fits || scope.size() < length || scope.empty()) continue;
        best = &entry.value();
        length = scope.size();
        key = entry.key();
    }
    return best;
}

Result<std::optional<Credential>> from_entry(const json::object& entry, const std::string& place,
                                             const std::string& key) {
    Credential out{json::string_or(entry, "username", ""), json::string_or(entry, "password", ""),
                   json::string_or(entry, "identitytoken", ""), json::string_or(entry, "registrytoken", ""), place};
    if (const std::string both = json::string_or(entry, "auth", ""); !both.empty()) {
        const auto plain = from_base64(trim(both));
        const std::size_t colon = plain ? plain->find(':') : std::string::npos;
        if (colon == std::string::npos)
            return machine_error(
                "'" + place + "' has an entry for '" + key + "' whose \"auth\" is no name and password",
                "log in again: `docker login` or `skopeo login`");
        out.user = plain->substr(0, colon);
        out.password = plain->substr(colon + 1);
        // Docker pads passwords with NUL bytes (cli/config/configfile).
        out.password.erase(out.password.find_last_not_of('\0') + 1);
    }
    if (out.user.empty() && out.identity_token.empty() && out.registry_token.empty()) return std::nullopt;
    return out;
}

// The server name for a helper: the host alone, and for the hub Docker's own name of it.
std::string helper_server(const Reference& image) { return image.host == "docker.io" ? hub_key : image.host; }

}  // namespace

std::string Credential::basic() const { return "Basic " + base64(user + ":" + password); }

void Credential::hide_in(SecretMask& mask) const {
    for (const std::string& secret : {password, identity_token, registry_token}) mask.hide(secret);
    if (!password.empty()) mask.hide(base64(user + ":" + password));
}

Result<void> Credentials::add_text(const std::string& name, std::string_view text) {
    auto document = json::parse(text, name);
    // The parser's message could show the file's content.
    if (!document || !document->is_object())
        return machine_error("'" + name + "' is not what Docker and its relatives write for logins: a JSON object");
    places_.push_back({name, std::move(document->get_object())});
    return {};
}

Result<void> Credentials::add_file(const fs::path& file, bool must_be_there) {
    std::error_code failed;
    if (!must_be_there && !fs::exists(file, failed)) return {};
    auto text = sys::read_file(file, longest_file);
    if (!text) {
        Error error = text.error();
        error.kind = ErrorKind::machine;
        return error.while_doing("reading the logins of registries");
    }
    return add_text(file, *text);
}

Result<Credentials> Credentials::from(const Environment& environment) {
    Credentials out;
    if (const std::string text = environment("DOCKER_AUTH_CONFIG"); !text.empty())
        if (auto added = out.add_text("DOCKER_AUTH_CONFIG", text); !added) return added.error();
    if (const std::string only = environment("REGISTRY_AUTH_FILE"); !only.empty()) {
        if (auto added = out.add_file(only, true); !added) return added.error();
        return out;
    }
    const auto beneath = [&](const char* variable, const fs::path& file) {
        const std::string folder = environment(variable);
        return folder.empty() ? fs::path() : fs::path(folder) / file;
    };
    const fs::path settings = environment("XDG_CONFIG_HOME").empty()
                                  ? beneath("HOME", ".config/containers/auth.json")
                                  : beneath("XDG_CONFIG_HOME", "containers/auth.json");
    for (const fs::path& file :
         {beneath("DOCKER_CONFIG", "config.json"), beneath("XDG_RUNTIME_DIR", "containers/auth.json"), settings,
          beneath("HOME", ".docker/config.json")})
        if (!file.empty())
            if (auto added = out.add_file(file, false); !added) return added.error();
    return out;
}

Result<std::optional<Credential>> Credentials::in_place(const Place& place, const Reference& image,
                                                        io::ProcessRunner& runner, const std::stop_token& stop) {
    std::string key;
    if (const json::value* helper = entry_for(place.document, "credHelpers", image, key))
        return ask_helper(helper->is_string() ? std::string(helper->get_string()) : "", helper_server(image), runner,
                          stop);
    if (const json::value* entry = entry_for(place.document, "auths", image, key);
        entry != nullptr && entry->is_object()) {
        auto found = from_entry(entry->get_object(), place.name, key);
        if (!found || *found) return found;
    }
    if (const std::string store = json::string_or(place.document, "credsStore", ""); !store.empty())
        return ask_helper(store, helper_server(image), runner, stop);
    return std::nullopt;
}

Result<std::optional<Credential>> Credentials::find(const Reference& image, io::ProcessRunner& runner,
                                                    std::stop_token stop) const {
    for (const Place& place : places_) {
        auto found = in_place(place, image, runner, stop);
        if (!found) return found.error().while_doing("looking in '" + place.name + "' for a login at " + image.host);
        if (*found) return found;
    }
    return std::nullopt;
}

}  // namespace tmplbuild::registry
