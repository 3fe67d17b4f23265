# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 300
# An archive of the console's that is larger than 4 GB and has more than 65,535 entries, read by Python's zipfile.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1
python3 "${TMPLBUILD_SOURCE:?}/tests/files/check_large.py" "$TMPLBUILD_BIN/../libexec/console/tmplbuild-console" "$work"
