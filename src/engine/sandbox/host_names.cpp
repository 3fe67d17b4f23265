// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/host_names.hpp"

namespace tmplbuild {

std::string hosts_text(const std::string& host_name) {
    return "127.0.0.1\tlocalhost\n"
           "::1\tlocalhost ip6-localhost ip6-loopback\n"
           "fe00::\tip6-localnet\n"
           "ff00::\tip6-mcastprefix\n"
           "ff02::1\tip6-allnodes\n"
           "ff02::2\tip6-allrouters\n"
           "127.0.1.1\t" +
           host_name + "\n";
}

std::string real_place(const StackedTrees& image, const std::string& path) {
    const auto real = image.leads_to(path);
    return real ? "/" + *real : path;
}

}  // namespace tmplbuild
