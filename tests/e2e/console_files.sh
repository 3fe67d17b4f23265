# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# The console's files over its own socket: every route by a recorded table, attacks by paths and uploads, and uploads
# whose worker is killed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1
python3 "${TMPLBUILD_SOURCE:?}/tests/files/check.py" "$TMPLBUILD_BIN/../libexec/console/tmplbuild-console" "$work" \
    "$TMPLBUILD_SOURCE/schema/console.openapi.json"
