// SPDX-License-Identifier: Apache-2.0
// The login for a registry: what `docker login`, `skopeo login` and CI jobs leave (config.json, auth.json,
// DOCKER_AUTH_CONFIG) and what credential helpers return, in their own forms. Used by the registry's session. Never
// writes anything, and no error of it shows what a file or a helper holds.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/reference.hpp"
#include "base/secret_mask.hpp"
#include "io/process.hpp"

namespace tmplbuild::registry {

struct Credential {
    std::string user, password;
    std::string identity_token;  // in place of a password, for the registry's token server alone (OAuth2)
    std::string registry_token;  // sent to the registry unchanged
    std::string source;          // for messages: "/root/.docker/config.json", "docker-credential-pass"

    std::string basic() const;             // the value of an Authorization header (RFC 7617)
    void hide_in(SecretMask& mask) const;  // all that nobody may see: the coded form of the password, too
};

using Environment = std::function<std::string(const std::string& name)>;  // "" for a variable that is not set

class Credentials {
  public:
    Credentials() = default;  // without any login

    // Reads the first of these places that knows the registry: $DOCKER_AUTH_CONFIG (the content); the file
    // $REGISTRY_AUTH_FILE, and then no other; $DOCKER_CONFIG/config.json; $XDG_RUNTIME_DIR/containers/auth.json;
    // $XDG_CONFIG_HOME/containers/auth.json (~/.config); ~/.docker/config.json. A missing file is skipped; one that a
    // variable names and that cannot be read, or one that is not understood, is an error.
    static Result<Credentials> from(const Environment& environment);

    // The login for this repository; none: anonymous. Entries are for a host, or for a repository and everything
    // beneath it (containers-auth.json(5)); the longest match counts. A helper is a process with a time limit.
    Result<std::optional<Credential>> find(const Reference& image, io::ProcessRunner& runner,
                                           std::stop_token stop) const;

  private:
    struct Place {
        std::string name;  // for messages
        json::object document;
    };
    Result<void> add_text(const std::string& name, std::string_view text);
    Result<void> add_file(const std::filesystem::path& file, bool must_be_there);
    static Result<std::optional<Credential>> in_place(const Place& place, const Reference& image,
                                                      io::ProcessRunner& runner, const std::stop_token& stop);

    std::vector<Place> places_;
};

// Asks the program docker-credential-`name` for a server, by its protocol (docker-credential-helpers): "get", the
// server's name on standard input, JSON on standard output. None: it does not know the server.
Result<std::optional<Credential>> ask_helper(const std::string& name, const std::string& server,
                                             io::ProcessRunner& runner, const std::stop_token& stop);

}  // namespace tmplbuild::registry
