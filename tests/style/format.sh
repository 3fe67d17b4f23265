# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# processors: 1
# The changed files are as clang-format writes them.
exec python3 "${TMPLBUILD_SOURCE:?}/tests/style/changed.py" format "$TMPLBUILD_SOURCE" "$TMPLBUILD_BIN/.."
