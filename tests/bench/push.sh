#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `push` of a layout of 1 GB that nothing compresses to Debian's docker-registry on loopback, against skopeo and against
# buildah's push from its own store, in one run; then again, and to another repository. Not a test. Needs
# docker-registry, skopeo, buildah, time and python3. TMPLBUILD names the program (a release build).
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
registry=
trap 'kill $registry 2>/dev/null || true; rm -rf "$work"' EXIT
export TMPLBUILD_CACHE=$work/store
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 "$here/tests/fakes/random_layout.py" "$work/image" 7 250000000 250000000 250000000 200000000 100000000 >/dev/null
cat >"$work/registry.yml" <<YML
version: 0.1
log: {level: error}
storage:
  filesystem: {rootdirectory: $work/data}
http: {addr: "127.0.0.1:$port", secret: bench}
YML
docker-registry serve "$work/registry.yml" >"$work/log" 2>&1 &
registry=$!
sleep 1
# timed NAME COMMAND...
timed() {
    name=$1
    shift
    /usr/bin/time -f "$name: %e s, %U s of processor, %M kB" "$@" >"$work/said" 2>"$work/err" || { cat "$work/err"; exit 1; }
    tail -n 1 "$work/err"
}
to=docker://127.0.0.1:$port
buildah="buildah --storage-driver vfs --root $work/buildah --runroot $work/run"
"$tmplbuild" push "oci:$work/image" "$to/a:1" --progress plain >"$work/said" 2>&1
$buildah pull -q --tls-verify=false "$to/a:1" >"$work/id"
for _ in 1 2 3; do
    rm -rf "$work/data" "$work/store"
    timed "tmplbuild push" "$tmplbuild" push "oci:$work/image" "$to/a:1" --progress plain
    rm -rf "$work/data"
    timed "skopeo copy" skopeo copy -q --preserve-digests --dest-tls-verify=false "oci:$work/image:latest" "$to/a:1"
done
rm -rf "$work/data"
timed "buildah push" $buildah push -q --tls-verify=false "$(cat "$work/id")" "$to/a:1"
rm -rf "$work/data" "$work/store"
"$tmplbuild" push "oci:$work/image" "$to/a:1" --progress plain >"$work/said" 2>&1
timed "again" "$tmplbuild" push "oci:$work/image" "$to/a:1" --progress plain
timed "to another repository" "$tmplbuild" push "oci:$work/image" "$to/b:1" --progress plain
