// SPDX-License-Identifier: Apache-2.0
// The addresses of the proxy that the environment names: libcurl reads these variables itself and does not say which
// proxy it uses. Used by http_exchange.cpp. Looks up the proxy's own name, and nothing else.
#pragma once

#include <sys/socket.h>

#include <set>
#include <string>

namespace tmplbuild::io {

class ProxyAddresses {
  public:
    // Finds those of `scheme`'s proxy (http_proxy, https_proxy, HTTPS_PROXY, else all_proxy, ALL_PROXY, as in libcurl's
    // CURLOPT_PROXY); none where there is no proxy. Kept until the variable changes.
    void look_up(const std::string& scheme);
    bool is_empty() const { return known_.empty(); }
    bool contains(const sockaddr& address) const;
    bool contains(const std::string& address, long port) const;  // in numbers

  private:
    std::string proxy_;
    std::set<std::string> known_;  // "10.0.0.1 3128"
};

}  // namespace tmplbuild::io
