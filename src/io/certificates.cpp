// SPDX-License-Identifier: Apache-2.0
#include "io/certificates.hpp"

#include "io/this_program.hpp"

namespace tmplbuild::io {

namespace fs = std::filesystem;

fs::path default_certificates() {
    std::error_code failed;
    // Debian, Ubuntu, Arch, Alpine; Fedora, RHEL; RHEL 7; openSUSE; Alpine without the package ca-certificates.
    for (const fs::path& place :
         {fs::path("/etc/ssl/certs/ca-certificates.crt"), fs::path("/etc/pki/tls/certs/ca-bundle.crt"),
          fs::path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"), fs::path("/etc/ssl/ca-bundle.pem"),
          fs::path("/etc/ssl/cert.pem"), shared_file("ca-certificates.crt")})
        if (fs::is_regular_file(place, failed)) return place;
    return {};
}

}  // namespace tmplbuild::io
