// SPDX-License-Identifier: Apache-2.0
// Looks a service's user up in the image's own /etc/passwd and /etc/group, read as text: the C library's look-ups load
// modules, which a static program must not. Used before a service is started. Never changes this process's user.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::launch {

struct Account {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    std::string home;  // empty: not in passwd
    std::string name;
};

// `text` is "name", "name:group", "uid" or "uid:gid".
Result<Account> find_account(const std::string& text, const std::string& passwd = "/etc/passwd",
                             const std::string& group = "/etc/group");

}  // namespace tmplbuild::launch
