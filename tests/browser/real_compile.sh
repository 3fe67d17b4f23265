# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# processors: 2
# needs: browser nginx
# A whole background compile as the status page of a real pod tells it: launcher, gateway, console and the kernel's job are
# the real ones; the driver and the compiler are fakes. What is looked at stands in pod/compile_seen.py.
command -v chromium >/dev/null || { echo "skipped: chromium is not here"; exit 77; }
if [ -z "${IN_NAMESPACES:-}" ]; then
    unshare --net --mount --pid --fork --mount-proc true 2>/dev/null || { echo "skipped: this user may not make namespaces"; exit 77; }
    # A network of its own, so that every port is that of the pod, and an /opt of its own.
    exec unshare --net --mount --pid --fork --kill-child --mount-proc env IN_NAMESPACES=1 bash "$0"
fi
ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /opt
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_lib.sh"
export TMPLBUILD_RUN_DIR=/run/tmplbuild  # one in /tmp would be closed to the gateway, which is nobody
build=$(cd "$TMPLBUILD_BIN/.." && pwd)
mkdir /opt/tmplbuild
cp -r "$libexec/gateway" "$libexec/console" /opt/tmplbuild/
app_port=8188
serve_index
kernel_pod 'app.update(name="comfyui", private_port=41000); del app["host"]'
python3 - "$work/pod.json" <<'PY'
import json, sys
spec = json.load(open(sys.argv[1]))
home = "/opt/tmplbuild/"
spec.update(name="quickstart", console_port=8765)
spec["services"] = [{"name": "gateway", "command": [home + "gateway/start"], "ready": {"tcp": True, "port": 8765}},
                    {"name": "console", "command": [home + "console/tmplbuild-console"], "ready": {"log": "console: listening"}},
                    spec["services"][0]]
json.dump(spec, open(sys.argv[1], "w"))
PY
for which in "nginx.conf" "nginx-ipv4.conf --ipv4"; do
    # shellcheck disable=SC2086
    set -- $which
    "$TMPLBUILD_BIN/../tests/gateway-config" "$work/pod.json" ${2:-} >"/opt/tmplbuild/gateway/$1"
done
unset CONSOLE_AUTH CONSOLE_ORIGINS JUPYTER_PASSWORD RUNPOD_POD_ID
export CONSOLE_PASSWORD="correct horse" NVCC_WAITS=$work/compiler-may-end TMPLBUILD_FAKE_GPUS=$rtx3090 TMPLBUILD_FAKE_LOAD=37
start
until_log "comfyui: ready"
until_file "$work/begins" begun
export TMPLBUILD_SCREENSHOTS="$build/screenshots" PYTHONDONTWRITEBYTECODE=1
cd "$TMPLBUILD_SOURCE/tests/browser/pod"
COMPILER_MAY_END=$NVCC_WAITS "$build/browser-tests/bin/python" -m unittest compile_seen || fail "what the page shows of a compile"
stop
