# SPDX-License-Identifier: Apache-2.0
# timeout: 1800
# tests/gpu/run, rehearsed against the stand-in for a driver: each part but torch's (gpu_rehearsal_torch.sh) runs and is good,
# a driver that follows other rules is found out, and no page about hardware is written. Needs nvcc and the package index.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/gpu_lib.sh"
prepare 8.6
page=$TMPLBUILD_SOURCE/docs/hardware.md
if [ -e "$page" ]; then cp "$page" "$work/page"; fi
a40="NVIDIA A40=8.6=48"
rehearse 0 "$a40" --only 1 --only 2 --only 3 --only 5
states "good good good good"
said "14 of 14: 4 run on 8.6, 2 of them as PTX"
said "10 results, 6 of them causal"
said "pod with a variant: available (simulated)"
said "compatible sm_80"
said "pod without a variant: compiled here"
grep -q '^## NVIDIA A40$' "$work/out/not-for-docs.md" || fail "its page: $(cat "$work/out/not-for-docs.md")"

# Divided GPUs, and those that programs of this pod do not see.
rehearse 0 "NVIDIA H100 PCIe=9.0=80=mig2" --only 1
said "divided (MIG): yes (nvidia-smi: Enabled)"
said "2 MIG devices"
CUDA_VISIBLE_DEVICES=1 CUDA_DEVICE_ORDER=PCI_BUS_ID rehearse 0 "$a40;NVIDIA H100 PCIe=9.0=80" --only 1
said "1 of the 2 GPUs that nvidia-smi lists"
# A driver that is older than the PTX compiles none of it, and we know.
TMPLBUILD_FAKE_CUDA=12080 rehearse 0 "$a40" --only 2
said "14 of 14: 2 run on 8.6, 0 of them as PTX"

# What does not agree is said, and ends with 1.
TMPLBUILD_FAKE_FAULT=cuda-loads-all rehearse 1 "$a40" --only 2 --only 1
states "good FAILED"
said "code for sm_120: we say missing (no code for 8.6: there is sm_120), the driver loads, sm_120"
TMPLBUILD_FAKE_FAULT=smi-mismatch rehearse 1 "$a40" --only 1
said "Driver/library version mismatch"
# What is missing is said, is never good, and ends with 5.
mv "$work/carried/rules" "$work/rules"
rehearse 5 "$a40" --only 1 --only 2
states "good skipped"
said "carried/rules is not here: tests/gpu/prepare makes it"
mv "$work/rules" "$work/carried/rules"
rehearse 5 "NVIDIA V100=7.0=16" --only 3
said "serves no GPU of capability 7.0"
run_here 5 "no GPU here: " "$python" "$TMPLBUILD_SOURCE/tests/gpu/run" --carried "$work/carried"

if [ -e "$page" ]; then cmp "$page" "$work/page"; else [ ! -e "$work/page" ] && [ ! -e "$page" ]; fi ||
    fail "a rehearsal changed docs/hardware.md"
# The page keeps what it says about other GPUs.
"$python" - "$TMPLBUILD_SOURCE/tests/gpu" <<'PY' || fail "the page"
import sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from report import HEAD, with_section
page = with_section("", "A", "## A\n\nold\n")
page = with_section(page, "B", "## B\n\nother\n")
page = with_section(page, "A", "## A\n\nnew\n")
assert page == HEAD + "\n## B\n\nother\n\n## A\n\nnew\n", page
PY
