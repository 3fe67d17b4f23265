// SPDX-License-Identifier: Apache-2.0
// Which system calls a command of an image may make, as linux.seccomp of OCI's runtime-spec 1.0 (config-linux.md). Used
// by runc_config.cpp. Pure. Never lists a call that a container without CAP_SYS_ADMIN could not use anyway.
#pragma once

#include "base/json.hpp"

namespace tmplbuild {

enum class SeccompUse {
    step,  // a build's command: it may trace no process, and gets no packet sockets
    pod,   // an image's entrypoint, with the rights that Docker would give it
};

// The calls that Docker's default profile permits (moby, profiles/seccomp) to a container with the capabilities of
// runc_config.cpp. It is stricter with sockets, of which only the families that programs in an image use are permitted,
// and with tracing. Other calls are refused with EPERM; clone3 with ENOSYS, since its flags are in memory, where a
// filter cannot see them, and every libc then uses clone.
json::object seccomp_profile(SeccompUse use);

}  // namespace tmplbuild
