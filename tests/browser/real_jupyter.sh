# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 600
# processors: 2
# needs: browser nginx
# The real JupyterLab from the package index behind a real pod's gateway, in a real browser: a terminal and a kernel, whose
# WebSockets go through it. What is looked at stands in pod/jupyter_seen.py.
set -eu
command -v chromium >/dev/null || { echo "skipped: chromium is not here"; exit 77; }
unshare --net --mount --pid --fork --mount-proc true 2>/dev/null || { echo "skipped: this user may not make namespaces"; exit 77; }
build=$(cd "${TMPLBUILD_BIN:?}/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check "jupyterlab>=4.4,<5" 2>"$work/log" ||
    { echo "skipped: JupyterLab cannot be installed: $(tail -n 1 "$work/log")"; exit 77; }
export TMPLBUILD_SCREENSHOTS="$build/screenshots" PYTHONDONTWRITEBYTECODE=1 JUPYTER_VENV="$work/venv"
unset CONSOLE_AUTH CONSOLE_ORIGINS JUPYTER_PASSWORD
unshare --net --mount --pid --fork --kill-child --mount-proc sh -euc '
    ip link set lo up
    mount -t tmpfs -o mode=755 tmpfs /opt
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir /opt/tmplbuild
    cd "$TMPLBUILD_SOURCE/tests/browser/pod"
    exec "$0/browser-tests/bin/python" -m unittest jupyter_seen' "$build"
