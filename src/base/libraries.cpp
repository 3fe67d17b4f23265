// SPDX-License-Identifier: Apache-2.0
#include "base/libraries.hpp"

#include <openssl/crypto.h>

#include <boost/version.hpp>

namespace tmplbuild {

std::vector<std::string> base_libraries() {
    static constexpr int major = BOOST_VERSION / 100000, minor = BOOST_VERSION / 100 % 1000,
                         patch = BOOST_VERSION % 100;
    return {"Boost " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch),
            std::string("OpenSSL ") + OpenSSL_version(OPENSSL_VERSION_STRING)};
}

}  // namespace tmplbuild
