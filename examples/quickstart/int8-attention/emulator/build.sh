#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the package for the CPU, every module of it, so that the numeric check can run without a GPU.
#   OUT=/folder [CXX=g++] emulator/build.sh
set -eu
cd "$(dirname "$0")/.."
: "${OUT:?OUT is missing: OUT=/folder}"
package=$OUT/int8_attention
mkdir -p "$package"
module() {
    name=$1
    shift
    for unit in "$@"; do sources="${sources:-} -x c++ $unit"; done
    # The GPU's sums are not contracted by this compiler's choice, so neither are these.
    # shellcheck disable=SC2086
    ${CXX:-g++} -std=c++17 -O2 -ffp-contract=off -shared -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unknown-pragmas \
        -Isrc -Iemulator $sources -o "$package/_$name.so"
    sources=
}
module fused src/quantise_qk.cu src/quantise_v.cu emulator/device_on_cpu.cpp
module int8_sm80 src/int8_fp16_64.cu src/int8_fp16_128.cu src/int8_sm80.cpp
module fp8_sm89 src/int8_fp8_64.cu src/int8_fp8_128.cu src/fp8_sm89.cpp
module wgmma_sm90a src/wgmma_64.cu src/wgmma_128.cu src/wgmma_sm90a.cpp
cp int8_attention/*.py "$package/"
