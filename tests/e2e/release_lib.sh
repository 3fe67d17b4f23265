# SPDX-License-Identifier: Apache-2.0
# Shared by the end-to-end tests of a release. Sourced after lib.sh.
version=$(sed -nE 's/^project\(tmplbuild VERSION ([0-9.]+) .*/\1/p' "$TMPLBUILD_SOURCE/CMakeLists.txt")
release_name=tmplbuild-$version-linux-amd64
# make_release: the release's files, from this build's programs, in $work/dist.
make_release() {
    (cd "$work" && "$TMPLBUILD_SOURCE/scripts/release" --from "$(dirname "$TMPLBUILD_BIN")" --quick dist) >"$work/release.log" 2>&1 ||
        fail "scripts/release: $(tail -n 20 "$work/release.log")"
}
# busybox_root FOLDER: a root with busybox and nothing else.
busybox_root() {
    mkdir -p "$1/bin" "$1/dev" "$1/proc" "$1/tmp" "$1/w"
    mknod -m 666 "$1/dev/null" c 1 3
    cp "$(command -v busybox)" "$1/bin/busybox"
    for name in sh tar gzip mount cat env sha256sum; do ln -s busybox "$1/bin/$name"; done
}
# inside ROOT SCRIPT [NAME=VALUE…]: the script in that root, with /proc and this machine's network, and an empty environment.
inside() {
    root=$1 script=$2
    shift 2
    unshare --mount --pid --fork --kill-child chroot "$root" /bin/env -i PATH=/bin:/usr/bin HOME=/w "$@" \
        /bin/sh -euc "mount -t proc proc /proc; cd /w; $script"
}
# container ROOT KIND SCRIPT [NAME=VALUE…]: the script in a container over that root, with this machine's network and package
# sources' resolver; KIND is `plain` (an engine's default capabilities, as CI systems give) or `privileged`. The variable
# entrypoint names a program that gets the script's shell as its arguments.
container() {
    root=$1 kind=$2 script=$3
    shift 3
    bundle=$work/bundle-$$-$(basename "$root")
    mkdir -p "$bundle"
    python3 - "${entrypoint:-}" "$root" "$kind" "$script" "$@" >"$bundle/config.json" <<'PY'
import json, sys
entrypoint, root, kind, script, *environment = sys.argv[1:]
# What Docker and its kin give a container (moby, oci/caps/defaults.go).
names = ("CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL "
         "AUDIT_WRITE").split()
if kind == "privileged":
    # All that this machine's root has: it may be a container itself.
    (held,) = [int(line.split()[1], 16) for line in open("/proc/self/status") if line.startswith("CapBnd:")]
    names = ("CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
             "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
             "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
             "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()
    names = [name for number, name in enumerate(names) if held >> number & 1]
capabilities = ["CAP_" + name for name in names]
cgroups = {"destination": "/sys/fs/cgroup", "type": "bind", "source": "/sys/fs/cgroup", "options": ["rbind", "rw"]}
config = {
    "ociVersion": "1.0.2", "hostname": "job", "root": {"path": root},
    "process": {"args": [*filter(None, [entrypoint]), "/bin/sh", "-euc", script], "cwd": "/", "user": {"uid": 0, "gid": 0}, "noNewPrivileges": False,
                "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", *environment],
                "capabilities": {kind: capabilities for kind in ("bounding", "effective", "permitted")}},
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
               {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
               {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]},
               {"destination": "/dev/shm", "type": "tmpfs", "source": "shm"},
               {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [] if kind == "privileged" else ["ro"]},
               *([cgroups] if kind == "privileged" else [])],
    "linux": {"namespaces": [{"type": name} for name in ("pid", "ipc", "uts", "mount")]},
}
if kind == "privileged":
    config["linux"]["resources"] = {"devices": [{"allow": True, "access": "rwm"}]}
json.dump(config, sys.stdout)
PY
    mkdir -p "$root/etc"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    runc --root "$work/runc" run --bundle "$bundle" "job-$$-$(basename "$root")"
}
# debian_root SUITE FOLDER [PACKAGE…]: a fresh root of that release of Debian, from the mirror that this machine uses.
debian_root() {
    suite=$1 folder=$2
    shift 2
    mirror=$(apt-get indextargets --format '$(SITE) $(COMPONENT) $(LABEL)' 'Created-By: Packages' | awk '$2 == "main" && $3 == "Debian" { print $1; exit }')
    mmdebstrap --quiet --variant=apt --include="$(echo apt "$@" | tr ' ' ,)" "$suite" "$folder" "deb $mirror $suite main" >"$work/$suite.log" 2>&1 ||
        fail "a root of $suite: $(tail -n 5 "$work/$suite.log")"
}
