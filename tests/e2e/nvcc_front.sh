# SPDX-License-Identifier: Apache-2.0
# nvcc-front in front of an nvcc that only writes down how it was called; and in front of a real one where there is one.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
front=$TMPLBUILD_BIN/../libexec/nvcc-front
[ -x "$front" ] || fail "$front was not built"
file "$front" 2>/dev/null | grep -q "dynamically" && fail "it is not static"
export TMPLBUILD_NVCC="$work/nvcc" TMPLBUILD_ARCH=89 TMPLBUILD_NVCC_LOG="$work/log"
cat >"$work/nvcc" <<'END'
#!/bin/sh
printf '%s\n' "$0" "$@" "append=${NVCC_APPEND_FLAGS-unset}" "prepend=${NVCC_PREPEND_FLAGS-unset}"
for last; do :; done
case $last in /proc/self/fd/*) cat "$last" ;; esac
exit 7
END
chmod +x "$work/nvcc"
code=0
NVCC_APPEND_FLAGS="--threads 8 -arch=sm_75" "$front" -c "a b.cu" -gencode arch=compute_80,code=sm_80 "-DX=\"q\"" >"$work/called" || code=$?
[ $code = 7 ] || fail "exit code $code"
printf '%s\n' "$work/nvcc" -c "a b.cu" -gencode arch=compute_89,code=sm_89 '-DX="q"' "append=--threads 8 " prepend=unset |
    diff - "$work/called" || fail "the call differs"
python3 - "$work/log" <<'PY' || fail "the log"
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert lines == [{"arch": "89", "removed": ["-gencode arch=compute_80,code=sm_80"], "environment": ["-arch=sm_75"],
                  "arguments": ["-c", "a b.cu", "-gencode", "arch=compute_80,code=sm_80", '-DX="q"']}], lines
PY
# Called as it should be, it logs nothing.
"$front" -c -gencode arch=compute_89,code=sm_89 k.cu >/dev/null || true
[ "$(wc -l <"$work/log")" = 1 ] || fail "a call without a change was logged"
printf -- '-O3 -arch=sm_75 -DA' >"$work/options"
"$front" -optf "$work/options" >"$work/called" || true
grep -q -- '-O3  -DA' "$work/called" || fail "options file: $(cat "$work/called")"
for wrong in "TMPLBUILD_NVCC=" "TMPLBUILD_ARCH=8.9" "TMPLBUILD_ARCH=89;90" "TMPLBUILD_NVCC=$front"; do
    code=0
    env "$wrong" "$front" -c k.cu 2>"$work/words" || code=$?
    [ $code = 2 ] || fail "$wrong: exit code $code"
    [ "$(wc -l <"$work/words")" = 1 ] || fail "$wrong: $(cat "$work/words")"
done
code=0
TMPLBUILD_NVCC=$work/absent "$front" -c k.cu 2>/dev/null || code=$?
[ $code = 126 ] || fail "an absent nvcc: exit code $code"

nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
[ -x "$nvcc" ] || { echo "passed; no real nvcc here"; exit 0; }
export TMPLBUILD_NVCC="$nvcc"
cd "$work"
echo '__global__ void k(int* p) { *p = 1; }' >k.cu
"$front" -c k.cu -o want.o || fail "nvcc itself"
for spelling in "-arch=sm_80" "--gpu-architecture compute_90" "-gencode arch=compute_80,code=[sm_80,compute_80]" \
    "-gencode=arch=compute_75,code=sm_75 -gencode=arch=compute_120,code=compute_120" "-arch=all-major" "-optf options"; do
    # shellcheck disable=SC2086
    "$front" $spelling -c k.cu -o got.o || fail "$spelling"
    strings got.o | grep -q '\.target' && fail "$spelling left PTX"
    # shellcheck disable=SC2086
    "$front" $spelling -cubin k.cu -o got.cubin || fail "$spelling: one cubin"
    "$front" -cubin k.cu -o want.cubin
    cmp got.cubin want.cubin || fail "$spelling gives other code"
done
echo "passed"
