#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a pull costs: a base that a step must read, taken from Debian's docker-registry on loopback into an empty store, beside
# curl of the same blobs with sha256sum, one after another and three at once, both synced as a store's blobs are, turn about. Not a test. Needs docker-registry,
# curl and busybox; TMPLBUILD names the program, SIZE the image's MiB, ROUNDS how often.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
rounds=${ROUNDS:-3} size=${SIZE:-2048}
export TMPLBUILD_SOURCE=${TMPLBUILD_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
tidy() { rm -rf "$work"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
port=$(free_port)
start_registry "$work/registry" "$port"
layers=
for part in 30 20 15 10 10 5 5 5; do layers="$layers $((size * part / 100 << 20))"; done
python3 "$TMPLBUILD_SOURCE/tests/fakes/random_layout.py" "$work/image" 7 bin/busybox=/bin/busybox $layers >/dev/null
TMPLBUILD_CACHE=$work/pushed "$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$port/me/base:1" --progress plain >/dev/null 2>"$work/log" || fail "$(cat "$work/log")"
mkdir -p "$work/a/site" "$work/curl"
echo top >"$work/a/site/top"
printf 'schema = 1\nname = "pull"\n[base]\nimage = "127.0.0.1:%s/me/base:1"\n[[layers]]\nuse = "files"\nname = "top"\nsource = "site"\ndest = "/opt/top/"\n' "$port" >"$work/a/template.toml"
TMPLBUILD_CACHE=$work/pushed "$tmplbuild" lock "$work/a/template.toml" --progress plain >/dev/null 2>"$work/log" || fail "$(cat "$work/log")"
blobs=$(python3 -c 'import json, sys
top = json.load(open(sys.argv[1] + "/index.json"))["manifests"][0]["digest"][7:]
print(*[layer["digest"] for layer in json.load(open(f"{sys.argv[1]}/blobs/sha256/{top}"))["layers"]])' "$work/image")
rm -rf "$work/image" "$work/pushed"
for blob in $blobs; do printf 'url = "http://127.0.0.1:%s/v2/me/base/blobs/%s"\noutput = "%s"\n' "$port" "$blob" "$work/curl/${blob#sha256:}"; done >"$work/urls"
for blob in $blobs; do echo "${blob#sha256:}  $work/curl/${blob#sha256:}"; done >"$work/sums"
cut -d ' ' -f 3 "$work/sums" >"$work/files"
timed() {
    name=$1
    shift
    /usr/bin/time -a -o "$work/$name.times" -f "%e %M" "$@" >"$work/said" 2>&1 || fail "$*: $(tail -n 5 "$work/said")"
}
for _ in $(seq "$rounds"); do
    rm -rf "$work/store" "$work/out"
    TMPLBUILD_CACHE=$work/store timed pull "$tmplbuild" build "$work/a/template.toml" -o "docker://127.0.0.1:$port/me/made:1" --progress plain
    rm -rf "$work/store" "$work/curl"
    mkdir "$work/curl"
    timed one sh -c 'curl -fsS -K "$1" && sha256sum -c --quiet "$2" && xargs sync <"$3"' sh "$work/urls" "$work/sums" "$work/files"
    rm -rf "$work/curl"
    mkdir "$work/curl"
    timed three sh -c 'curl -fsS --parallel --parallel-max 3 -K "$1" && xargs -P 2 -n 4 sha256sum <"$3" >/dev/null && xargs sync <"$3"' sh "$work/urls" "$work/sums" "$work/files"
done
python3 - "$work" "$size" <<'P'
import statistics, sys
rows = {name: [tuple(map(float, line.split())) for line in open(f"{sys.argv[1]}/{name}.times")] for name in ("pull", "one", "three")}
seconds = {name: [t for t, _ in row] for name, row in rows.items()}
print(f"a base of {sys.argv[2]} MiB in nine layers, {len(rows['pull'])} rounds; medians, and of ratios of one round")
print(f"| pull of it in a build | {statistics.median(seconds['pull']):.2f} s | {max(m for _, m in rows['pull']) / 1024:.0f} MiB |")
for name, what in (("one", "curl, one blob after another, then sha256sum and sync"), ("three", "curl, three at once, then sha256sum on two processors and sync")):
    ratio = statistics.median(a / b for a, b in zip(seconds["pull"], seconds[name]))
    print(f"| {what} | {statistics.median(seconds[name]):.2f} s | {ratio:.2f} |")
P
