// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/host_names.hpp"

#include "sys/beneath.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

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

std::string real_place(const std::vector<fs::path>& lowers, const std::string& path) {
    for (auto lower = lowers.rbegin(); lower != lowers.rend(); ++lower) {
        const auto root = sys::Beneath::open(*lower, sys::Outside::is_root);
        const auto status = root ? root->link_status(path) : root.error();
        if (!status || !*status) continue;
        if (!S_ISLNK((*status)->st_mode)) break;
        const auto text = root->read_link(path);
        if (!text) break;
        const fs::path target = *text;
        return (target.is_absolute() ? target : fs::path(path).parent_path() / target).lexically_normal();
    }
    return path;
}

}  // namespace tmplbuild
