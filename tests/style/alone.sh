# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# processors: 2
# Each changed file compiles by itself, with every warning: none lives on what another file of its room includes.
exec python3 "${TMPLBUILD_SOURCE:?}/tests/style/changed.py" alone "$TMPLBUILD_SOURCE" "$TMPLBUILD_BIN/.."
