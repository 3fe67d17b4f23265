// SPDX-License-Identifier: Apache-2.0
// Which addresses are those of the proxy that the environment names, since libcurl reads these variables itself and
// does not say what it took. Used by http_exchange.cpp alone. Looks the proxy's own name up, and nothing else.
#pragma once

#include <sys/socket.h>

#include <set>
#include <string>

namespace tmplbuild::io {

class ProxyAddresses {
  public:
    // Those of `scheme`'s proxy (http_proxy, https_proxy, HTTPS_PROXY, else all_proxy, ALL_PROXY, as libcurl's
    // CURLOPT_PROXY has them); empty where there is none. Kept until the variable changes.
    void look_up(const std::string& scheme);
    bool is_empty() const { return known_.empty(); }
    bool contains(const sockaddr& address) const;
    bool contains(const std::string& address, long port) const;  // in numbers

  private:
    std::string proxy_;
    std::set<std::string> known_;  // "10.0.0.1 3128"
};

}  // namespace tmplbuild::io
