# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# What nvcc really writes, read by our reader and by NVIDIA's cuobjdump: every arch that people rent, every compression,
# PTX, device-linked and debug code, objects, stripped files. Takes nvcc and cuobjdump from PATH, else NVIDIA's wheels
# from the package index. Asked with --dump-resource-usage: its --list-elf prints family code (sm_100f) as sm_100.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=$TMPLBUILD_BIN/../test-tools
fail() { echo "FAILED: $*" >&2; exit 1; }
skip() { echo "skipped: $*"; exit 77; }

# wheels NAME PACKAGE...: the bin folder of CUDA packages in an environment of their own, made once.
wheels() {
    name=$1
    shift
    if ! [ -f "$tools/$name/done" ]; then
        rm -rf "$tools/$name"
        python3 -m venv "$tools/$name" && "$tools/$name/bin/pip" -q --disable-pip-version-check install "$@" >&2 || return 1
        touch "$tools/$name/done"
    fi
    echo "$tools/$name"/lib/python3*/site-packages/nvidia/cu13/bin
}
nvcc=$(command -v nvcc) || {
    bin=$(wheels nvcc 'nvidia-cuda-nvcc==13.0.*' 'nvidia-cuda-crt==13.0.*' 'nvidia-nvvm==13.0.*' \
        'nvidia-cuda-cccl==13.0.*' 'nvidia-cuda-runtime==13.0.*') || skip "no nvcc, and NVIDIA's wheels cannot be installed"
    nvcc=$bin/nvcc
}
cuobjdump=$(command -v cuobjdump) || {
    bin=$(wheels cuobjdump 'nvidia-cuda-cuobjdump>=13.2,<14') || skip "no cuobjdump, and its wheel cannot be installed"
    cuobjdump=$bin/cuobjdump
}
"$nvcc" --list-gpu-code | grep -q sm_121 || skip "$nvcc is older than CUDA 12.9"

cat >"$work/k.cu" <<'C'
__global__ void add(float* a, const float* b, int n) { int i = threadIdx.x; if (i < n) a[i] += b[i]; }
template <int N> __global__ void mul(float* a) { a[threadIdx.x] *= N; }
extern "C" void run(float* a, const float* b, int n) { add<<<1, 32>>>(a, b, n); mul<3><<<1, 32>>>(a); mul<5><<<1, 32>>>(a); }
C
cat >"$work/caller.cu" <<'C'
__device__ int helper(int);
__global__ void call(int* a) { *a = helper(*a); }
extern "C" void run(int* a) { call<<<1, 1>>>(a); }
C
echo '__device__ int helper(int x) { return 3 * x; }' >"$work/helper.cu"

# What nvcc was asked for, as the reader should say it: "sm_90a:3" is machine code with three kernels, "object-" before it
# code that a device link still has to take, "compute_90a:9.0:3" PTX of that version.
isa=$(cd "$work" && "$nvcc" -ptx -arch compute_80 helper.cu -o helper.ptx && sed -n 's/^\.version //p' helper.ptx)
[ -n "$isa" ] || fail "$nvcc makes no PTX"
# What cuobjdump says, without what it does not tell: kernels of PTX, object or not.
theirs() {
    "$cuobjdump" --dump-resource-usage "$1" 2>/dev/null | awk '
        function flush() { if (arch != "") print (ptx ? "compute_" substr(arch, 4) ":" isa : arch ":" kernels); arch = "" }
        /^Fatbin (elf|ptx) code/ { flush(); ptx = $2 == "ptx"; kernels = 0 }
        /^arch = / { arch = $3 }
        /^code version = / { isa = $4; gsub(/[][]/, "", isa); sub(/,/, ".", isa) }
        /^ Function / { kernels++ }
        END { flush() }' | tr '\n' ' '
}
note() { printf '%s\t%s\t%s\n' "$work/$1" "$2" "$(theirs "$work/$1")" >>"$work/list"; }
# sample NAME ASKED NVCC-ARGUMENT...
sample() {
    name=$1 asked=$2
    shift 2
    (cd "$work" && "$nvcc" -Xcompiler -fPIC "$@" -o "$name" >"$name.log" 2>&1) || fail "nvcc $*: $(cat "$work/$name.log")"
    note "$name" "$asked"
}
# module NAME ASKED NVCC-ARGUMENT...: the three kernels as a shared object, with no code of the CUDA runtime in it
module() {
    name=$1 asked=$2
    shift 2
    sample "$name" "$asked" -shared -cudart none "$@" k.cu
}

for arch in 75 80 86 89 90 90a 100 100a 100f 103f 120 120a 120f 121a; do
    module "one-$arch.so" "sm_$arch:3" -gencode "arch=compute_$arch,code=sm_$arch"
done
mixed="compute_80:$isa:3 sm_80:3 sm_90:3 sm_90a:3 sm_100a:3 sm_120:3"
for mode in none size speed balance; do
    module "mixed-$mode.so" "$mixed" -compress-mode "$mode" -gencode 'arch=compute_80,code=[sm_80,compute_80]' \
        -gencode arch=compute_90,code=sm_90 -gencode arch=compute_90a,code=sm_90a \
        -gencode arch=compute_100a,code=sm_100a -gencode arch=compute_120,code=sm_120
done
strip --strip-unneeded -o "$work/stripped.so" "$work/mixed-size.so"
note stripped.so "$mixed"
module ptx.so "compute_80:$isa:3 compute_90a:$isa:3 compute_100f:$isa:3" -gencode arch=compute_80,code=compute_80 \
    -gencode arch=compute_90a,code=compute_90a -gencode arch=compute_100f,code=compute_100f
module lz4.so "compute_89:$isa:3 sm_89:3" -compress-mode speed -Xfatbin -compress-all \
    -gencode 'arch=compute_89,code=[sm_89,compute_89]'
module family-from-plain-name.so "sm_100f:3" -gencode arch=compute_100f,code=sm_100
module specific-from-plain.so "sm_120a:3" -gencode arch=compute_120,code=sm_120a
module debug.so "compute_90a:$isa:3 sm_90a:3" -G -gencode 'arch=compute_90a,code=[sm_90a,compute_90a]'
ninety='arch=compute_90a,code=sm_90a'
sample with-stub.so "sm_90a:0 sm_90a:3" -shared -gencode "$ninety" k.cu # nvcc links a device-link stub in
sample plain.o "sm_90a:3" -c -gencode "$ninety" k.cu
sample linked.so "sm_90a:2" -rdc=true -shared -gencode "$ninety" caller.cu helper.cu
sample caller.o "object-sm_90a:1" -rdc=true -c -gencode "$ninety" caller.cu
sample not-linked.so "object-sm_90a:1" -cudart none -shared caller.o
echo 'int f() { return 0; }' >"$work/host.cpp"
g++ -shared -fPIC "$work/host.cpp" -o "$work/host.so"
note host.so ""

TMPLBUILD_DEVICE_CODE="$work/list" "$TMPLBUILD_BIN/../tests/test_kernel" "[device-code]"
