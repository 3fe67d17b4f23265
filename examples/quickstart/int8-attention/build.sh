#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the package for one GPU arch.
#   SM=sm_89 OUT=/folder [JOBS=2] [NVCC=/path/to/nvcc] ./build.sh
# SM: sm_80, sm_89, sm_90a, sm_100, sm_120, …; exactly one. OUT gets int8_attention/ with its modules: those that the
# arch's GPUs need, and no other. NVCC: else $CUDA_HOME/bin/nvcc, else the one on the PATH. CXX: nvcc's host compiler.
# The same sources, compilers and folder names give the same bytes.
set -eu
cd "$(dirname "$0")"

: "${SM:?SM is missing: SM=sm_89}" "${OUT:?OUT is missing: OUT=/folder}"
jobs=${JOBS:-1}
nvcc=${NVCC:-${CUDA_HOME:+$CUDA_HOME/bin/}nvcc}
number=${SM#sm_}
case $number in
    "$SM" | *[!0-9af]* | '') echo "build.sh: SM is '$SM', and should be one arch like sm_89 or sm_90a" >&2; exit 2 ;;
esac

# Machine code for this arch alone, no PTX: an image carries proven code or none. Hidden symbols: three modules with
# the same helpers live in one process.
flags="-std=c++17 -O3 -gencode arch=compute_$number,code=sm_$number -Xcompiler -fPIC,-fvisibility=hidden,-Wall"
[ -z "${CXX:-}" ] || flags="$flags -ccbin $CXX"

modules="int8_sm80 fused"
digits=${number%[af]}
[ "$digits" -lt 89 ] || modules="$modules fp8_sm89"
[ "$number" != 90a ] || modules="$modules wgmma_sm90a"

units() {
    case $1 in
        fused) echo quantise_qk.cu quantise_v.cu device.cpp ;;
        int8_sm80) echo int8_fp16_64.cu int8_fp16_128.cu int8_sm80.cpp ;;
        fp8_sm89) echo int8_fp8_64.cu int8_fp8_128.cu fp8_sm89.cpp ;;
        wgmma_sm90a) echo wgmma_64.cu wgmma_128.cu wgmma_sm90a.cpp ;;
    esac
}

package=$OUT/int8_attention
mkdir -p "$package"
# A name of our own and no random one: nvcc writes names of its inputs into what it makes.
work=build-$SM
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2086
for module in $modules; do for unit in $(units "$module"); do echo "$unit"; done; done |
    xargs -P "$jobs" -I {} "$nvcc" $flags -c src/{} -o "$work/{}.o"

for module in $modules; do
    objects=
    for unit in $(units "$module"); do objects="$objects $work/$unit.o"; done
    # Static CUDA runtime: a pod needs the driver and no CUDA package. --exclude-libs keeps its symbols inside.
    # shellcheck disable=SC2086
    "$nvcc" $flags -shared -cudart static -Xlinker --as-needed,--exclude-libs,ALL,-s,--build-id=none \
        $objects -o "$package/_$module.so"
done
cp int8_attention/*.py "$package/"
