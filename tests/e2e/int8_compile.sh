# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# label: slow
# The example kernel compiles for every arch of its recipe, has just the modules of that arch, the same bytes in another
# folder, machine code without PTX, no path to libraries, and the instructions that its README names. Needs nvcc.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
[ -x "$nvcc" ] || { echo "skipped: no nvcc here"; exit 77; }
for copy in one two/longer/name; do
    mkdir -p "$work/$copy"
    cp -r "$TMPLBUILD_SOURCE/examples/quickstart/int8-attention/." "$work/$copy"
done
names() { ls "$1" | grep '\.so$' | tr '\n' ' '; }
for sm in sm_80 sm_89 sm_90a sm_100 sm_120; do
    NVCC=$nvcc SM=$sm OUT="$work/out/$sm" JOBS=2 "$work/one/build.sh" || fail "$sm does not compile"
    want="_fused.so _int8_sm80.so "
    [ $sm = sm_80 ] || want="_fp8_sm89.so $want"
    [ $sm != sm_90a ] || want="${want}_wgmma_sm90a.so "
    [ "$(names "$work/out/$sm/int8_attention")" = "$want" ] || fail "$sm has $(names "$work/out/$sm/int8_attention")"
    for file in "$work/out/$sm"/int8_attention/*.so; do
        readelf -d "$file" | grep -E 'RPATH|RUNPATH|libcudart|libcuda\.' && fail "$file"
        ldd "$file" | grep 'not found' && fail "$file"
    done
    # It imports and says so where no GPU is.
    (cd "$work/out/$sm" && python3 -c 'import int8_attention as a; a.device_count(); [a._library.library(m) for m in a.modules()]') ||
        fail "$sm does not load"
done
NVCC=$nvcc SM=sm_90a OUT="$work/again" JOBS=1 "$work/two/longer/name/build.sh"
diff -r "$work/out/sm_90a/int8_attention" "$work/again/int8_attention" --exclude __pycache__ ||
    fail "another folder gives other bytes"
# Hopper's module can be made for no other target, its own plain one included.
for sm in sm_90 sm_100 sm_120; do
    number=${sm#sm_}
    "$nvcc" -std=c++17 -gencode "arch=compute_$number,code=$sm" -c "$work/one/src/wgmma_64.cu" -o "$work/w.o" 2>"$work/log" &&
        fail "wgmma compiled for $sm"
    grep -q "wgmma" "$work/log" || fail "$sm: $(cat "$work/log")"
done
for wrong in 89 sm_89,sm_90 sm_ "sm_89 sm_90"; do
    NVCC=$nvcc SM=$wrong OUT="$work/wrong" "$work/one/build.sh" 2>/dev/null && fail "SM=$wrong was accepted"
done
[ ! -e "$work/wrong" ] || fail "a refused arch left a folder"

# What is in the machine code, by NVIDIA's own tools from the package index.
python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q --disable-pip-version-check \
    nvidia-cuda-cuobjdump nvidia-cuda-nvdisasm || { echo "passed; no cuobjdump, so machine code was not read"; exit 0; }
cuobjdump=$(find "$work/venv" -name cuobjdump -type f)
PATH=$PATH:$(dirname "$(find "$work/venv" -name nvdisasm -type f)")
chmod +x "$cuobjdump" "$(command -v nvdisasm || find "$work/venv" -name nvdisasm -type f)"
expect() { # FILE WORD...: the machine code holds each
    file=$work/out/$1
    shift
    "$cuobjdump" -sass "$file" >"$work/sass"
    for word in "$@"; do grep -q "$word" "$work/sass" || fail "$file has no $word"; done
}
for sm in sm_80 sm_89 sm_90a sm_100 sm_120; do
    expect $sm/int8_attention/_int8_sm80.so IMMA.16832.S8.S8 HMMA.16816.F32
    for file in "$work/out/$sm"/int8_attention/*.so; do
        "$cuobjdump" --list-ptx "$file" 2>/dev/null | grep -q '\.ptx' && fail "$file holds PTX"
        [ -z "$("$cuobjdump" --list-elf "$file" | grep -v "\.$sm\.cubin")" ] || fail "$file holds another arch"
    done
done
expect sm_89/int8_attention/_fp8_sm89.so IMMA.16832.S8.S8 QMMA.16832.F32.E4M3.E4M3
expect sm_120/int8_attention/_fp8_sm89.so IMMA.16832.S8.S8 QMMA.16832.F32.E4M3.E4M3
expect sm_90a/int8_attention/_wgmma_sm90a.so IGMMA QGMMA
echo "passed"
