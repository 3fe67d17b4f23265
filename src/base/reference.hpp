// SPDX-License-Identifier: Apache-2.0
// The name of an image in a registry, as people write it: HOST[:PORT]/REPOSITORY[:TAG][@DIGEST], with Docker's short
// forms for its own hub ("debian:12"). By the grammar of the OCI distribution-spec 1.1 and of distribution's
// reference.go. Used for names on the command line and by the registry's client. Never looks anything up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild {

struct Reference {
    std::string host;        // in lower case, as people name it: "docker.io", "127.0.0.1:5000", "[::1]:5000"
    std::string repository;  // "library/debian"
    std::string tag{};       // empty where only a digest is named; "latest" where neither is
    std::optional<Digest> digest{};

    static Result<Reference> parse(std::string_view text);

    std::string to_string() const;  // "docker.io/library/debian:12@sha256:…"; parse() reads it back
    std::string repository_name() const { return host + "/" + repository; }
    std::string server() const;      // the host to connect to: Docker's hub answers as registry-1.docker.io
    std::string identifier() const;  // what to ask the registry for: the digest, else the tag

    bool operator==(const Reference&) const = default;
};

bool is_repository(std::string_view text);      // "library/debian"
bool is_repository_tag(std::string_view text);  // "12-slim"; its grammar differs from that of a layout's tags
bool is_registry_host(std::string_view text);   // "ghcr.io", "127.0.0.1:5000"

}  // namespace tmplbuild
