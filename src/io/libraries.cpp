// SPDX-License-Identifier: Apache-2.0
#include "io/libraries.hpp"

#include <archive.h>
#include <curl/curl.h>
#include <zip.h>
#include <zstd.h>

namespace tmplbuild::io {

std::vector<std::string> libraries() {
    // libcurl and libarchive name what they were made with themselves: "libcurl/7.88.1 OpenSSL/3.0.17 zlib/1.2.13".
    return {archive_version_details(), curl_version(), std::string("libzip ") + zip_libzip_version(),
            std::string("zstd ") + ZSTD_versionString()};
}

}  // namespace tmplbuild::io
