#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a push costs: `tmplbuild push` beside skopeo copy and buildah push, of one image to Debian's docker-registry on
# loopback, turn about, each to a registry of its own; then a second push and one to another repository. Not a test. Needs
# root, docker-registry, skopeo, buildah; TMPLBUILD names the program, SIZE the image's MiB (4700: as large as one with torch),
# ROUNDS how often.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
rounds=${ROUNDS:-3} size=${SIZE:-1024}
export TMPLBUILD_SOURCE=${TMPLBUILD_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
tidy() { rm -rf "$work"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
export TMPLBUILD_CACHE=$work/store
mib=$((1 << 20))
layers=
for part in 16 14 12 10 9 8 8 7 6 5 3 2; do layers="$layers $((size * part / 100 * mib))"; done
# Twelve layers of bytes that nothing can compress.
python3 "$TMPLBUILD_SOURCE/tests/fakes/random_layout.py" "$work/image" 7 $layers >/dev/null
buildah="buildah --storage-driver overlay --root $work/storage --runroot $work/storage-run"
fresh() { port=$(free_port); rm -rf "$work/registry"; start_registry "$work/registry" "$port"; }
gone() { kill -9 "$registry_pid"; wait "$registry_pid" 2>/dev/null || true; }
fresh
skopeo copy -q --dest-tls-verify=false "oci:$work/image" "docker://127.0.0.1:$port/me/a:1"
$buildah pull -q --tls-verify=false "docker://127.0.0.1:$port/me/a:1" >"$work/id"
gone
# timed NAME COMMAND...: appends its seconds and its peak of memory in kB to NAME's file.
timed() {
    name=$1
    shift
    /usr/bin/time -a -o "$work/$name" -f "%e %M" "$@" >"$work/out" 2>&1 || fail "$*: $(tail -n 5 "$work/out")"
}
for _ in $(seq "$rounds"); do
    fresh
    timed skopeo skopeo copy -q --preserve-digests --dest-tls-verify=false "oci:$work/image" "docker://127.0.0.1:$port/me/a:1"
    gone
    fresh
    timed push "$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$port/me/a:1" --progress plain
    timed again "$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$port/me/a:1" --progress plain
    timed mount "$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$port/me/b:1" --progress plain
    gone
    fresh
    timed buildah $buildah push -q --tls-verify=false "$(cat "$work/id")" "docker://127.0.0.1:$port/me/a:1"
    gone
done
python3 - "$work" "$size" <<'P'
import statistics, sys
read = {n: [tuple(map(float, l.split())) for l in open(f"{sys.argv[1]}/{n}")] for n in ("push", "skopeo", "buildah", "again", "mount")}
seconds = {n: [t for t, _ in rows] for n, rows in read.items()}
middle = lambda n: statistics.median(seconds[n])
print(f"an image of {sys.argv[2]} MiB in twelve layers, {len(seconds['push'])} rounds; medians, and of ratios of one round")
for other in ("skopeo", "buildah"):
    ratio = statistics.median(a / b for a, b in zip(seconds["push"], seconds[other]))
    print(f"| push beside {other} | {middle('push'):.2f} s | {middle(other):.2f} s | {ratio:.2f} |")
print(f"| second push | {middle('again'):.2f} s |\n| push to another repository | {middle('mount'):.2f} s |")
print(f"| peak memory of push | {max(m for _, m in read['push']) / 1024:.0f} MiB |")
P
