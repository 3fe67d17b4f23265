// SPDX-License-Identifier: Apache-2.0
// The base contract of Debian 12, as far as wheels care; tests change parts of it.
#pragma once

#include "resolve/base_contract.hpp"

namespace tmplbuild {

inline BaseContract debian_contract(const std::string& version = "3.11.2", const std::string& soabi_version = "311",
                                    const std::string& glibc = "2.36") {
    PythonFacts python;
    python.command = "/usr/bin/python3";
    python.real_path = "/usr/bin/python3.11";
    python.version = version;
    python.soabi = "cpython-" + soabi_version + "-x86_64-linux-gnu";
    python.cache_tag = "cpython-" + soabi_version;
    python.magic = "a70d0d0a";
    BaseContract contract;
    contract.distribution = "debian 12";
    contract.glibc = glibc;
    contract.python = python;
    return contract;
}

}  // namespace tmplbuild
