# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1500
# The cases of tests/registry-kit that take minutes: registries that say nothing, or a byte a second, and do not end it.
set -eu
PATH="${TMPLBUILD_BIN:?}:$PATH" "${TMPLBUILD_SOURCE:?}/tests/registry-kit/kit" run tmplbuild --slow --only-slow --jobs 16
