# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 3000
# tests/gpu/run, rehearsed with the real torch, as for an H100: the torch example is compiled and proven, and what torch
# computes without a GPU is not taken for the GPU's. TMPLBUILD_TEST_TORCH names an environment that has torch 2.11.0, NumPy,
# setuptools and ninja already. Needs nvcc, and the package index where that is not set.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/gpu_lib.sh"
prepare 9.0 torch==2.11.0 setuptools ninja
rehearse 5 "NVIDIA H100 PCIe=9.0=80"
states "good good good skipped good"
said "compiled for 9.0 in"
said "proven: exact: "
said "symbols is found in this torch"
said "torch sees no GPU: the operators were computed on the CPU alone"
said "its service answers from cpu"
said "the GPU's own path was taken: wgmma"
