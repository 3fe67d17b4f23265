#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What cuts cost a push: to a registry that keeps what it has of an upload (that of tests/registry-kit), through a relay that
# counts, the push is killed at random times and begun again, then once more to its end. Not a test. TMPLBUILD names the
# program, SIZE the image's MiB, CUTS how often it is killed, RATE the relay's MiB a second.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
size=${SIZE:-1024} cuts=${CUTS:-20} rate=${RATE:-60}
export TMPLBUILD_SOURCE=${TMPLBUILD_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
tidy() { rm -rf "$work"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
export TMPLBUILD_CACHE=$work/store
layers=
for part in 30 20 15 10 10 5 5 5; do layers="$layers $((size * part / 100 << 20))"; done
python3 "$TMPLBUILD_SOURCE/tests/fakes/random_layout.py" "$work/image" 7 $layers >/dev/null
"$TMPLBUILD_SOURCE/tests/registry-kit/kit" serve honest-push >"$work/keeping" &
registry_pids="$registry_pids $!"
for _ in $(seq 400); do [ ! -s "$work/keeping" ] && sleep 0.05 || break; done
port=$(head -n 1 "$work/keeping" | python3 -c 'import json, sys; print(json.load(sys.stdin)["port"])')
start_relay "$port" "$work/sent" $((rate << 20))
hits=0 done=0
for _ in $(seq "$cuts"); do
    "$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$relay_port/x:1" --progress plain >/dev/null 2>"$work/log" &
    pid=$!
    sleep "$(python3 -c "import random; print(0.2 + random.random() * 1.6 * $size / $rate / $cuts)")"
    if ! kill -9 $pid 2>/dev/null; then done=$((done + 1)); fi
    wait $pid 2>/dev/null || true
    if ls -A "$work/store/uploads" 2>/dev/null | grep -q '\.json$'; then hits=$((hits + 1)); fi
done
"$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$relay_port/x:1" --progress plain >/dev/null 2>"$work/log" || fail "$(tail -n 5 "$work/log")"
all=$(du -sb "$work/image/blobs" | cut -f1)
python3 -c "import sys; all, sent = map(int, sys.argv[1:3]); print(f'$cuts kills, $hits with uploads on their way, $done after its end: {all} bytes of image, {sent} sent, {sent / all:.3f}')" "$all" "$(cat "$work/sent")"
