#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The python step beside what it replaces: unzip, compileall -j2 and tar | zstd -3 -T2, one after the other. Not a test.
# WHEELS: a folder of wheels (a torch venv). BUILD: the build folder. Needs unzip, zstd, time. Prints seconds of wall and
# processor time and the step's peak memory, in turns, so that a busy machine is busy for both.
set -eu
wheels=$WHEELS
build=${BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPLBUILD_WHEELS="$wheels" TMPLBUILD_STORE="$work/store" TMPLBUILD_VENV=/opt/venv
cat >"$work/replaced" <<'EOF'
set -eu
for wheel in "$1"/*.whl; do unzip -qo "$wheel" -d "$2/tree"; done
/usr/bin/python3 -m compileall -q -j2 --invalidation-mode unchecked-hash "$2/tree" >/dev/null 2>&1 || true
tar -C "$2/tree" -cf - . | zstd -3 -T2 -q -f -o "$2/layer.tar.zst"
sync "$2/layer.tar.zst"
EOF
measure() { # NAME COMMAND...
    name=$1
    shift
    /usr/bin/time -o "$work/time" -f "%e %U %S %M" "$@" >/dev/null
    awk -v name="$name" '{printf "%s: %.1f s wall, %.1f s of processors, %.0f MB at most\n", name, $1, $2 + $3, $4 / 1024}' "$work/time"
}
cat "$wheels"/*.whl >/dev/null
for turn in $(seq "${RUNS:-2}"); do
    rm -rf "$work/store" "$work/tree" "$work/layer.tar.zst"
    measure "the step" "$build/tests/test_engine" "[.wheels]"
    rm -rf "$work/store"
    measure "one after the other" sh "$work/replaced" "$wheels" "$work"
done
