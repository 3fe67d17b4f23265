# SPDX-License-Identifier: Apache-2.0
# Shared by the rehearsals of tests/gpu/run: a folder of their own, what is carried to a GPU, one run and what it said.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "the launcher as PID 1 needs root"
nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
[ -x "$nvcc" ] || skip "no nvcc here"
export NVCC=$nvcc
unset TMPLBUILD_FAKE_GPUS TMPLBUILD_FAKE_FAULT TMPLBUILD_FAKE_DRIVER TMPLBUILD_FAKE_CUDA CUDA_VISIBLE_DEVICES

# prepare CAPABILITY [PACKAGE...]: $work/carried, and $python with NumPy and the packages.
prepare() {
    capability=$1
    shift
    python=${TMPLBUILD_TEST_TORCH:-$work/venv}/bin/python
    [ -x "$python" ] || {
        python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q --disable-pip-version-check numpy "$@" ||
            skip "NumPy $* cannot be installed"
    }
    "$TMPLBUILD_SOURCE/tests/gpu/prepare" --rehearse "$capability" "$work/carried" >"$work/prepared" 2>&1 ||
        fail "prepare: $(tail -n 20 "$work/prepared")"
}
# run_here CODE TEXT COMMAND...: it ends with that code and says that text, in $work/said.
run_here() {
    want=$1 text=$2 code=0
    shift 2
    mkdir -p "$work/out"
    OUT=$work/out "$@" >"$work/said" 2>&1 || code=$?
    [ "$code" = "$want" ] || fail "'$*' ended with $code, expected $want: $(cat "$work/said")"
    said "$text"
}
said() { grep -qF -- "$1" "$work/said" || fail "it does not say '$1': $(cat "$work/said")"; }
# rehearse CODE GPU OPTION...
rehearse() {
    want_code=$1 gpu=$2
    shift 2
    run_here "$want_code" "" "$python" "$TMPLBUILD_SOURCE/tests/gpu/run" --carried "$work/carried" --rehearse "$gpu" "$@"
}
# states WORDS: what became of the parts that were run, in their order.
states() {
    got=$(python3 -c 'import json, sys; print(" ".join(part["state"] for part in json.load(open(sys.argv[1]))["parts"]))' "$work/out/hardware.json")
    [ "$got" = "$1" ] || fail "the parts are $got, expected $1: $(cat "$work/said")"
}
