# SPDX-License-Identifier: Apache-2.0
"""Starts of the gateway where something is unusual: another user, a port below 1024, a root without any right, a kernel
without IPv6, no folder to run in."""
import ctypes
import pathlib
import socket
import struct
import subprocess

import check_streams
import pod
from http1 import ask

PR_SET_SECCOMP, SECCOMP_MODE_FILTER, EAFNOSUPPORT, SYS_SOCKET = 22, 2, 97, 41


def without_ipv6():
    """For this process and what it starts: socket(AF_INET6, …) fails as it does in a kernel that has no IPv6."""
    steps = [(0x20, 0, 0, 0),                        # the call's number
             (0x15, 0, 3, SYS_SOCKET),               # socket, or allow
             (0x20, 0, 0, 16),                       # its first argument
             (0x15, 0, 1, int(socket.AF_INET6)),     # IPv6, or allow
             (0x06, 0, 0, 0x00050000 | EAFNOSUPPORT),
             (0x06, 0, 0, 0x7FFF0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_void_p(ctypes.addressof(program)), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def low_port():
    for port in range(1023, 600, -1):
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            pass
    return 0


def starts(work, bundle, golden, check):
    work = pathlib.Path(work)
    low = low_port()
    for name, options, more in [("user", {"user": 1000}, {}), ("low", {"console_port": low}, {}),
                                ("bare", {"bare": True}, {}),
                                ("ipv4", {}, {"preexec_fn": without_ipv6})]:
        one = pod.Pod(work / name, bundle, golden, **options)
        one.start(**more)
        check(ask(one.keep, "/").status == 200, f"{name}: nothing passes")
        check_streams.rights(one, lambda right, words, name=name: check(right, f"{name}: {words}"))
        if name == "ipv4":
            try:
                ask(one.keep, "/", address="::1")
                check(False, "it listens on IPv6 that the kernel does not have")
            except OSError:
                pass
        one.stop()
        # A root that can be nobody else: nginx says that it cannot give its worker root's groups, which it has.
        said = [line for line in one.said().splitlines() if "initgroups(root" not in line]
        check(not said, f"{name}: it says {said}")
    nowhere = subprocess.run([str(work / "low/opt/tmplbuild/gateway/start")], env={"TMPLBUILD_RUN_DIR": "/nowhere"}, capture_output=True, text=True)
    check((nowhere.returncode, nowhere.stderr) == (1, "gateway: cannot make /nowhere/gateway: No such file or directory\n"), f"without a folder: {nowhere}")
