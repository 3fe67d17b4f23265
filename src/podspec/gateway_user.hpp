// SPDX-License-Identifier: Apache-2.0
// The user that the gateway of a pod is, and its group. What the gateway's start, the console (which knows its peer by
// it) and the check of pod.json agree on. A number without a name: the image's /etc/passwd is not read for it.
#pragma once

namespace tmplbuild::pod {

// No service may be this user, since the console does as the gateway says. "nobody" (65534) is what services are that
// shall have no rights. Below 65536, since a container's own user namespace often has no more numbers; above 65519,
// where systemd's dynamic users end; not 65532 and 65533, which images without a shell and Alpine use.
inline constexpr unsigned gateway_uid = 65527, gateway_gid = gateway_uid;

}  // namespace tmplbuild::pod
