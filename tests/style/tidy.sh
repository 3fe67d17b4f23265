# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# processors: 2
# clang-tidy (.clang-tidy) finds nothing in the changed files of src/ and runtime/.
exec python3 "${TMPLBUILD_SOURCE:?}/tests/style/changed.py" tidy "$TMPLBUILD_SOURCE" "$TMPLBUILD_BIN/.."
