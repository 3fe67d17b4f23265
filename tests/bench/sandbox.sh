#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a hostile `run` step can read, write and call, beside the same step under buildah: the table of docs/security.md.
# Not a test. Needs root, buildah, hyperfine, skopeo; TMPLBUILD names the program.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'buildah rm probe >/dev/null 2>&1 || true; buildah rmi -f localhost/probe >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
export STORAGE_DRIVER="${STORAGE_DRIVER:-overlay}"

cat >"$work/template.toml" <<'T'
schema = 1
console.enabled = false
name = "probe"
[base]
debian = { suite = "bookworm", packages = ["python3-venv"] }
[[layers]]
use = "files"
name = "probe"
[[layers.files]]
source = "sandbox_probe.py"
dest = "/opt/probe.py"
[[layers]]
use = "run"
name = "offline"
script = "cp /opt/probe.py /opt/done-RUN; python3 /opt/probe.py >/opt/offline; cat /opt/offline"
[[layers]]
use = "run"
name = "online"
network = true
script = "python3 /opt/probe.py >/opt/online"
[image]
compression = "gzip"
T
cp "$here/sandbox_probe.py" "$work/"
"$tmplbuild" build "$work/template.toml" -o "oci:$work/out" --progress plain >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
skopeo copy -q "oci:$work/out:latest" containers-storage:localhost/probe
buildah from -q --name probe localhost/probe >/dev/null
for kind in oci chroot; do
    buildah run --isolation $kind --network none probe -- python3 /opt/probe.py >"$work/buildah-$kind" 2>"$work/err" ||
        buildah run --isolation $kind probe -- python3 /opt/probe.py >"$work/buildah-$kind" 2>>"$work/err" || cat "$work/err" >&2
done
buildah run --isolation chroot probe -- cat /opt/offline >"$work/offline"
buildah run --isolation chroot probe -- cat /opt/online >"$work/online"
python3 - "$work" <<'P'
import sys
columns = ("offline", "online", "buildah-oci", "buildah-chroot")
read = {c: dict(line.rstrip("\n").split("\t", 1) for line in open(f"{sys.argv[1]}/{c}") if "\t" in line) for c in columns}
print("| | tmplbuild | with network | buildah, oci | buildah, chroot |\n| --- | --- | --- | --- | --- |")
for what in read["offline"]:
    print("| " + " | ".join([what] + [read[c].get(what, "-") for c in columns]) + " |")
P
