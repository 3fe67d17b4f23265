# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# needs: base
# makes: kernel-tools
# A fixture: CUDA's compiler, the host's one, and the base that a pod compiles in, as the tests of kernels share them.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
kernel_example "$work/a" "$TMPLBUILD_SOURCE/tests/fakes/tiny" '["RTX 4090"]'
build "$work/a" >/dev/null
