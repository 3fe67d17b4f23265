# SPDX-License-Identifier: Apache-2.0
# Runs tests of this folder in one browser: run_lib.sh FILE…
set -eu
cd "$(dirname "$0")"
command -v chromium >/dev/null || { echo "chromium is not here"; exit 77; }
build=$(cd "${TMPLBUILD_BIN:?}/.." && pwd)
export TMPLBUILD_SCREENSHOTS="$build/screenshots" PYTHONDONTWRITEBYTECODE=1
# shellcheck disable=SC2068
exec "$build/browser-tests/bin/python" -m unittest $@
