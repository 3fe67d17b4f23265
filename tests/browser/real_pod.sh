# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# processors: 2
# needs: browser nginx
# A real pod in a real browser: launcher, gateway and console as in an image, behind TLS as RunPod's proxy has it, with a
# person who signs in, services that start, crash and come back, and another pod that attacks.
set -eu
command -v chromium >/dev/null || { echo "skipped: chromium is not here"; exit 77; }
unshare --net --mount --pid --fork --mount-proc true 2>/dev/null || { echo "skipped: this user may not make namespaces"; exit 77; }
build=$(cd "${TMPLBUILD_BIN:?}/.." && pwd)
export TMPLBUILD_SCREENSHOTS="$build/screenshots" PYTHONDONTWRITEBYTECODE=1
unset CONSOLE_AUTH CONSOLE_ORIGINS JUPYTER_PASSWORD
# A network of its own, so that every port is that of a pod, and folders of its own for what an image and a pod have there.
exec unshare --net --mount --pid --fork --kill-child --mount-proc sh -euc '
    ip link set lo up
    mount -t tmpfs -o mode=755 tmpfs /opt
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir /opt/tmplbuild
    cd "$0/tests/browser/pod"
    exec "$1/browser-tests/bin/python" -m unittest ${2:-test_pod test_pages test_rooms test_attacks}' "$TMPLBUILD_SOURCE" "$build" "${TESTS:-}"
