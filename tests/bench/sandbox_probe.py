# SPDX-License-Identifier: Apache-2.0
# What a hostile build step can read, write and call: a line each, "WHAT<tab>ANSWER". Run by sandbox.sh inside every
# builder's step; changes nothing, whatever it may. Calls are made with arguments that no kernel takes, so that an
# answer other than EPERM and ENOSYS means that the kernel itself looked at the call.
import ctypes, errno, os, resource, socket, stat

libc = ctypes.CDLL(None, use_errno=True)


def tell(what, answer):
    print(f"{what}\t{answer}", flush=True)


def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in arguments])
    code = ctypes.get_errno()
    if result != -1:
        return "allowed"
    name = errno.errorcode.get(code, str(code))
    return "refused" if name in ("EPERM", "ENOSYS", "EACCES") else "reaches the kernel"


def opened(path, flags):
    try:
        fd = os.open(path, flags | os.O_NONBLOCK)
    except OSError as failed:
        return "not there" if failed.errno == errno.ENOENT else "refused"
    with os.fdopen(fd, "rb" if flags == os.O_RDONLY else "ab", buffering=0) as file:
        if flags != os.O_RDONLY:
            return "open for writing"
        try:
            return "read" if file.read(64) else "empty"
        except OSError:
            return "refused"


def listed(path):
    try:
        return "listed" if os.listdir(path) else "empty"
    except OSError as failed:
        return "not there" if failed.errno == errno.ENOENT else "refused"


for path in ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts", "/proc/sched_debug", "/proc/kmsg"):
    tell(f"read {path}", opened(path, os.O_RDONLY))
for path in ("/sys/firmware", "/proc/acpi", "/sys/devices/virtual/powercap", "/sys/dev/block"):
    tell(f"list {path}", listed(path))
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/proc/irq/default_smp_affinity",
             "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/kernel/uevent_helper", "/sys/power/state"):
    tell(f"write {path}", opened(path, os.O_WRONLY))

calls = {
    "mount": (165, 0, 0, 0, 0, 0), "umount2": (166, 0, 0), "pivot_root": (155, 0, 0), "open_tree": (428, -1, 0, 0), "fsopen": (430, 0, 0),
    "setns": (308, -1, 0), "ptrace": (101, 0x4200, 0, 0, 0), "process_vm_readv": (310, 0, 0, 0, 0, 0, 99), "pidfd_getfd": (438, -1, 0, 0),
    "keyctl": (250, 0, -3, 0), "add_key": (248, 0, 0, 0, 0, 0), "request_key": (249, 0, 0, 0, 0), "bpf": (321, 0, 0, 0),
    "userfaultfd": (323, -1), "io_uring_setup": (425, 0, 0), "perf_event_open": (298, 0, 0, -1, -1, 0),
    "open_by_handle_at": (304, -1, 0, 0), "init_module": (175, 0, 0, 0), "kexec_load": (246, 0, 0, 0, -1), "reboot": (169, 0, 0, 0, 0),
    "syslog": (103, 3, 0, 0), "quotactl": (179, -1, 0, 0, 0), "settimeofday": (164, 1, 1), "swapon": (167, 0, 0),
    "sethostname": (170, 0, -1), "iopl": (172, 9), "vmsplice": (278, -1, 0, 0, 0), "mbind": (237, 0, 0, 99, 0, 0, 99),
    "clone with a user namespace": (56, 0x10000000 | 0x800, 0, 0, 0, 0), "clone3": (435, 0, 0),
}
for name, (number, *arguments) in calls.items():
    tell(f"call {name}", call(number, *arguments))
child = os.fork()
if child == 0:  # the one call that a kernel takes
    os._exit({"allowed": 1}.get(call(272, 0x10000000), 0))
tell("call unshare, a user namespace", "allowed" if os.waitpid(child, 0)[1] else "refused")
for name, family in (("AF_PACKET", 17), ("AF_ALG", 38), ("AF_VSOCK", 40)):
    try:
        socket.socket(family, socket.SOCK_RAW if family == 17 else socket.SOCK_SEQPACKET if family == 38 else socket.SOCK_STREAM).close()
        tell(f"make a socket {name}", "allowed")
    except OSError as failed:
        tell(f"make a socket {name}", "refused" if failed.errno in (errno.EPERM, errno.EACCES) else "reaches the kernel")
try:
    os.mknod("/tmp/probe-device", stat.S_IFBLK | 0o600, os.makedev(254, 0))
    tell("make a block device", "allowed")
    tell("open that device", "allowed" if opened("/tmp/probe-device", os.O_RDONLY) in ("read", "empty") else "refused")
    os.unlink("/tmp/probe-device")
except OSError:
    tell("make a block device", "refused")

status = dict(line.rstrip("\n").split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
names = ("chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast "
         "net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice "
         "sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm "
         "block_suspend audit_read perfmon bpf checkpoint_restore").split()
bounding = int(status["CapBnd"], 16)
tell("capabilities", len([n for i, n in enumerate(names) if bounding >> i & 1]))
tell("capabilities by name", " ".join(n for i, n in enumerate(names) if bounding >> i & 1))
tell("seccomp filter", "yes" if status["Seccomp"] == "2" else "no")
tell("no new privileges", "yes" if status["NoNewPrivs"] == "1" else "no")
tell("devices in /dev", " ".join(sorted(e for e in os.listdir("/dev") if stat.S_ISCHR(os.lstat("/dev/" + e).st_mode) or stat.S_ISBLK(os.lstat("/dev/" + e).st_mode))))
tell("processes seen", "its own" if not any(os.path.exists(f"/proc/{p}/cmdline") and b"sandbox.sh" in open(f"/proc/{p}/cmdline", "rb").read()
                                             for p in os.listdir("/proc") if p.isdigit()) else "the machine's")
tell("network interfaces", " ".join(sorted(name for _, name in socket.if_nameindex())))
tell("abstract sockets seen", "some" if any("@" in line for line in open("/proc/net/unix")) else "none")
tell("cgroup path seen", "its own root" if all(line.rstrip().endswith(":/") for line in open("/proc/self/cgroup")) else "the machine's")
tell("core files", "no" if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 else "yes")
