# SPDX-License-Identifier: Apache-2.0
# The probe against a driver that matches, lies, hangs and crashes; alone in a root that has no C library.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3 chroot busybox
root=$work/root
mkdir -p "$root/gpu" "$root/driver" "$root/bin"
cp "$TMPLBUILD_BIN"/../libexec/gpu/* "$root/gpu/"
cp "$TMPLBUILD_BIN"/../libexec/fake-driver/* "$root/driver/"
cp "$(command -v busybox)" "$root/bin/busybox"
! [ -e "$root/lib" ] || fail "the root is not bare"
[ "$(du -sk "$root/gpu" | cut -f1)" -lt 6000 ] || fail "the bundle is larger than 6 MB"
argument=
# probe WANTED-STATE [NAME=VALUE...]: the answer in $work/answer, with $argument where there is one.
probe() {
    wanted=$1
    shift
    env -i PATH="$PATH" TMPLBUILD_PROBE_SECONDS=2 "$@" chroot "$root" /gpu/ld-linux-x86-64.so.2 --library-path /gpu /gpu/gpu-probe $argument >"$work/answer" ||
        fail "$*: the probe ended with $?"
    state=$(python3 -c 'import json,sys; print(json.load(sys.stdin)["state"])' <"$work/answer")
    [ "$state" = "$wanted" ] || fail "$*: $state, expected $wanted: $(cat "$work/answer")"
}
says() { grep -qF -- "$1" "$work/answer" || fail "not in the answer: '$1': $(cat "$work/answer")"; }
fake() {
    wanted=$1
    shift
    probe "$wanted" TMPLBUILD_LIBNVML=/driver/libnvidia-ml.so.1 TMPLBUILD_LIBCUDA=/driver/libcuda.so.1 \
        TMPLBUILD_NVIDIA_SMI=/driver/nvidia-smi "$@"
}
one="TMPLBUILD_FAKE_GPUS=NVIDIA GeForce RTX 3090=8.6=24"
two="TMPLBUILD_FAKE_GPUS=NVIDIA GeForce RTX 3090=8.6=24;NVIDIA H100 PCIe=9.0=80"
probe no-driver
says "no NVIDIA driver here: libnvidia-ml.so.1 is not in this container"
fake ok "$one"
says '"simulated":true'
says '"driver":"580.95.5"'
says '"source":"nvml"'
fake no-gpu
fake no-gpu "$one" CUDA_VISIBLE_DEVICES=
says "leaves none of the 1 GPUs"
fake ok "$two" CUDA_VISIBLE_DEVICES=0     # CUDA counts the faster one first
says '"capability":"9.0","index":0'
says '"hidden":1'
fake ok "$two" CUDA_VISIBLE_DEVICES=0 CUDA_DEVICE_ORDER=PCI_BUS_ID
says '"capability":"8.6","index":0'
fake ok "$two" CUDA_VISIBLE_DEVICES=0 TMPLBUILD_FAKE_FAULT=cuda-hangs
says "all GPUs are taken as visible"
fake ok "TMPLBUILD_FAKE_GPUS=NVIDIA H100 PCIe=9.0=80=mig2"
says '"mig":true'
fake no-gpu "TMPLBUILD_FAKE_GPUS=NVIDIA H100 PCIe=9.0=80=mig0"
says "none of its parts is here"
for fault in hangs crashes garbage mismatch; do
    fake ok "$one" "TMPLBUILD_FAKE_FAULT=nvml-$fault"
    says '"source":"cuda"'
    fake ok "$one" "TMPLBUILD_FAKE_FAULT=nvml-$fault,cuda-$fault"
    says '"source":"nvidia-smi"'
    says '"simulated":true'
done
fake hangs "$one" TMPLBUILD_FAKE_FAULT=nvml-hangs,cuda-hangs,smi-hangs
says "did not answer within 2 s"
fake crashed "$one" TMPLBUILD_FAKE_FAULT=nvml-crashes,cuda-crashes,smi-crashes
fake garbage "$one" TMPLBUILD_FAKE_FAULT=nvml-garbage,cuda-garbage,smi-garbage
fake failed "$one" TMPLBUILD_FAKE_FAULT=nvml-mismatch,cuda-mismatch,smi-mismatch
says "the host's driver was updated while it ran"
# NVML alone is no GPU for programs.
probe failed TMPLBUILD_LIBNVML=/driver/libnvidia-ml.so.1 "$one"
says "NVIDIA_DRIVER_CAPABILITIES must contain 'compute'"
# What the GPUs use now: each source in a child again.
argument=--usage
probe no-driver
fake ok "$two" TMPLBUILD_FAKE_LOAD=25
says '{"gpus":[{"index":0,"load_percent":25,"memory_used":6442450944,"name":"NVIDIA GeForce RTX 3090"},'
says '"source":"nvml"'
fake ok "TMPLBUILD_FAKE_GPUS=NVIDIA H100 PCIe=9.0=80=mig2"
! grep -q load_percent "$work/answer" || fail "a divided GPU has a load: $(cat "$work/answer")"
for fault in hangs crashes garbage mismatch; do
    fake ok "$one" "TMPLBUILD_FAKE_FAULT=nvml-$fault" TMPLBUILD_FAKE_LOAD=50
    says '{"index":0,"load_percent":50,"memory_used":12884901888,"name":"NVIDIA GeForce RTX 3090"}'
    says '"source":"nvidia-smi"'
done
fake hangs "$one" TMPLBUILD_FAKE_FAULT=nvml-hangs,smi-garbage
