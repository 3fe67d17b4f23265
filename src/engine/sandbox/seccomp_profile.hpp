// SPDX-License-Identifier: Apache-2.0
// Which system calls a command of an image may make, as linux.seccomp of OCI's runtime-spec 1.0 (config-linux.md).
// Pure; used by runc_config.cpp alone. Never names a call that a container without CAP_SYS_ADMIN could not use anyway.
#pragma once

#include "base/json.hpp"

namespace tmplbuild {

enum class SeccompUse {
    step,  // a build's command: it traces nobody, and has no packet sockets
    pod,   // an image's entrypoint, as Docker would run it
};

// What Docker's default profile allows (moby, profiles/seccomp) to a container with the capabilities of
// runc_config.cpp; stricter in sockets, of which only the families that programs in an image use are made, and in
// tracing. What is not allowed is refused with EPERM; clone3 with ENOSYS, since its flags lie in memory, where a filter
// cannot look, and every libc then takes clone.
json::object seccomp_profile(SeccompUse use);

}  // namespace tmplbuild
