#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What it costs to build an image and push it in one command, beside the two one after the other: a template of six folders
# over a small base, to a layout with an empty store; that layout to Debian's docker-registry on loopback; and with another
# empty store straight to a registry. Not a test. Needs docker-registry and busybox; TMPLBUILD names the program, SIZE the MiB
# of files, half of which compresses, ROUNDS how often, REGISTRY_IN a folder for the registry's files: on another disk than the
# store's (/dev/shm), since a registry is another machine mostly.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
rounds=${ROUNDS:-3} size=${SIZE:-600}
export TMPLBUILD_SOURCE=${TMPLBUILD_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
tidy() { rm -rf "$work"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
python3 "$TMPLBUILD_SOURCE/tests/fakes/random_layout.py" "$work/base" 1 bin/busybox=/bin/busybox >/dev/null
mkdir "$work/a"
printf 'schema = 1\nname = "overlap"\n[base]\nlayout = "%s"\n' "$work/base" >"$work/a/template.toml"
python3 - "$work/a" $((size << 20)) <<'P'
import os, random, sys
folder, size = sys.argv[1], int(sys.argv[2])
for part in range(6):
    source = random.Random(part)
    os.makedirs(f"{folder}/part{part}")
    for n in range(12):
        with open(f"{folder}/part{part}/{n}", "wb") as file:
            for _ in range(size // 72 >> 16):
                noise = source.randbytes(1 << 15)
                file.write(noise + noise.hex().encode()[: 1 << 15])
    with open(f"{folder}/template.toml", "a") as out:
        out.write(f'[[layers]]\nuse = "files"\nname = "part{part}"\nsource = "part{part}"\ndest = "/opt/part{part}/"\n')
P
TMPLBUILD_CACHE=$work/store "$tmplbuild" lock "$work/a/template.toml" --progress plain >/dev/null 2>"$work/log" || fail "$(tail -n 5 "$work/log")"
fresh() { rm -rf "$work/store" "${REGISTRY_IN:-$work}/registry" "$work/out"; port=$(free_port); start_registry "${REGISTRY_IN:-$work}/registry" "$port"; }
gone() { kill -9 "$registry_pid"; wait "$registry_pid" 2>/dev/null || true; }
timed() {
    name=$1
    shift
    TMPLBUILD_CACHE=$work/store /usr/bin/time -a -o "$work/$name.times" -f "%e %U %S" "$@" --progress plain >"$work/said" 2>"$work/log" || fail "$*: $(tail -n 5 "$work/log")"
}
for _ in $(seq "$rounds"); do
    fresh
    timed build "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/out"
    timed push "$tmplbuild" push "oci:$work/out" "docker://127.0.0.1:$port/me/a:1"
    gone
    fresh
    timed both "$tmplbuild" build "$work/a/template.toml" -o "docker://127.0.0.1:$port/me/a:1"
    gone
done
python3 - "$work" "$size" <<'P'
import statistics, sys
rows = {name: [tuple(map(float, line.split())) for line in open(f"{sys.argv[1]}/{name}.times")] for name in ("build", "push", "both")}
print(f"a template with {sys.argv[2]} MiB of files in six steps, {len(rows['both'])} rounds; medians, and of ratios of one round")
for name, what in (("build", "build"), ("push", "push"), ("both", "both in one")):
    print(f"| {what} | {statistics.median(row[0] for row in rows[name]):.2f} s | {statistics.median(row[1] + row[2] for row in rows[name]):.2f} s of processors |")
build, push, both = ([row[0] for row in rows[name]] for name in ("build", "push", "both"))
print(f"| beside the longer one | {statistics.median(c / max(a, b) for a, b, c in zip(build, push, both)):.2f} |")
print(f"| beside one after the other | {statistics.median(c / (a + b) for a, b, c in zip(build, push, both)):.2f} |")
P
