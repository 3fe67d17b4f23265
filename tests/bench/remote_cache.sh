#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a machine with an empty store needs when a shared cache has every step: to publish the image to another repository
# of the cache's registry (layers are mounted), and to another registry (layers are streamed). Seconds, memory, bytes in
# each direction. Not a test. Needs root, docker-registry and what a Debian base needs; TMPLBUILD names the program, SIZE
# the MiB of layers that nothing compresses, ROUNDS how often, STORE a store that has the base of tests/fakes/small already.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
rounds=${ROUNDS:-5} size=${SIZE:-1024}
export TMPLBUILD_SOURCE=${TMPLBUILD_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
tidy() { rm -rf "$work"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
cp -r "$TMPLBUILD_SOURCE/tests/fakes/small" "$work/a"
[ ! -f "${STORE:-/nowhere}/small.lock" ] || cp "$STORE/small.lock" "$work/a/template.lock"
# By commands, so that nothing of this size has to be read to know the steps' keys.
for part in 1 2 3 4; do
    printf '[[layers]]\nuse = "run"\nname = "part%s"\nscript = "head -c %s /dev/urandom >/opt/part%s"\n' $part $((size / 4 << 20)) $part >>"$work/a/template.toml"
done
port=$(free_port)
start_registry "$work/registry" "$port"
start_relay "$port" "$work/sent"
cache=docker://127.0.0.1:$port/me/cache
built=$(TMPLBUILD_CACHE=${STORE:-$work/first} "$tmplbuild" build "$work/a/template.toml" -o "docker://127.0.0.1:$port/me/a:1" \
    --cache-to "$cache" --progress plain 2>"$work/log" | grep '^sha256:') || fail "$(tail "$work/log")"
# fresh NAME OUTPUT CACHE: a build with an empty store; its seconds and its peak of memory in kB go to NAME's file.
fresh() {
    rm -rf "$work/store"
    TMPLBUILD_CACHE=$work/store /usr/bin/time -a -o "$work/$1" -f "%e %M" "$tmplbuild" build "$work/a/template.toml" \
        -o "$2" --cache-from "$3" --progress plain >"$work/said" 2>"$work/log" || fail "$(tail -n 5 "$work/log")"
    grep -q "^$built" "$work/said" || fail "another image: $(cat "$work/said")"
    [ -z "$(find "$work/store" -type f -size +900k -path '*/blobs/*')" ] || fail "layers are kept"
}
for round in $(seq "$rounds"); do
    fresh mount "docker://127.0.0.1:$port/other$round/a:1" "$cache"
    other=$(free_port)
    start_registry "$work/other" "$other"
    fresh stream "docker://127.0.0.1:$other/me/a:1" "$cache"
    kill -9 "$registry_pid"
    rm -rf "$work/other"
done
# Bytes, through a relay that counts.
count() { cat "$work/sent" "$work/sent.received" | tr '\n' ' '; }
host=127.0.0.1:$relay_port
cache=docker://$host/me/cache
before=$(count)
fresh counted "docker://$host/counted/a:1" "$cache"
mounted=$(count)
other=$(free_port)
start_registry "$work/other" "$other"
fresh counted "docker://127.0.0.1:$other/me/a:1" "$cache"
python3 - "$work" "$size" "$before" "$mounted" "$(count)" <<'P'
import statistics, sys
work, size, *counts = sys.argv[1:]
read = {n: [tuple(map(float, l.split())) for l in open(f"{work}/{n}")] for n in ("mount", "stream")}
(a, b), (c, d), (e, f) = (map(int, pair.split()) for pair in counts)
print(f"an image of about {int(size) + 70} MiB, all of it in the cache, {len(read['mount'])} rounds, medians")
for name, what, sent, received in (("mount", "another repository of the registry", c - a, d - b), ("stream", "another registry", e - c, f - d)):
    seconds, memory = (statistics.median(column) for column in zip(*read[name]))
    print(f"| to {what} | {seconds:.2f} s | {memory / 1024:.0f} MiB | {sent} bytes sent to the cache's registry, {received} received |")
P
