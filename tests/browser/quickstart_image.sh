# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1800
# processors: 2
# needs: browser nginx uv base kernel-tools
# The shipped example's image, run as a person runs it, with a simulated GPU, in a real browser: a whole visit
# (pod_walk.py), then its kernel, its page and JupyterLab behind the gateway (quickstart_seen.py).
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
for tool in chromium runc; do command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }; done
quickstart "$work/q"
web=$(free_ports 1)
mkdir "$work/volume"
# It starts when it is let, and ends when it is asked to.
cat >>"$work/q/template.toml" <<TOML
[[services]]
name = "web"
command = ["/bin/sh", "-c", "while [ ! -e /workspace/gate ]; do sleep 0.1; done; echo web is up; exec /usr/bin/python3 /workspace/web.py {host} {port}"]
port = $web
ready = { tcp = true }
TOML
cat >"$work/volume/web.py" <<'PY'
import http.server, os, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os._exit(3)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><html lang=en><title>web</title><p>this is the service</p>")
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Page).serve_forever()
PY
"$tmplbuild" build "$work/q/template.toml" -o "oci:$work/q/out" --progress plain >"$work/said" 2>&1 || fail "$(tail -n 30 "$work/said")"
keep_lock "$work/q"
"$tmplbuild" run "$work/q/template.toml" --gpu "RTX 4090" --network host --volume "$work/volume" \
    --env "CONSOLE_PASSWORD=correct horse" --progress plain >"$work/pod.log" 2>&1 &
runs=$!
end_pod() { kill "$runs" 2>/dev/null && wait "$runs" || true; }
trap 'end_pod; tidy' EXIT
until_pod_says "console: ready" 120
until_pod_says "jupyterlab: ready" 120
# The container's first process, among those that the command started.
launcher=$(python3 - "$runs" <<'PY'
import glob, re, sys
parents = {}
for file in glob.glob("/proc/[0-9]*/status"):
    try:
        text = open(file).read()
    except OSError:
        continue
    pid, parent = (int(re.search(rf"^{name}:\t([0-9]+)", text, re.M)[1]) for name in ("Pid", "PPid"))
    parents[pid] = parent, re.search(r"^NSpid:\t(.*)", text, re.M)[1].split()
def is_ours(pid):
    while pid > 1:
        if pid == int(sys.argv[1]):
            return True
        pid = parents.get(pid, (0,))[0]
    return False
print(*[pid for pid, (_, numbers) in parents.items() if len(numbers) > 1 and numbers[-1] == "1" and is_ours(pid)])
PY
)
[ -n "$launcher" ] || fail "there is no container: $(tail -n 30 "$work/pod.log")"
export POD_CONSOLE=http://127.0.0.1:$console POD_SERVICE=http://127.0.0.1:$web POD_LAB=http://127.0.0.1:$port
export POD_PASSWORD="correct horse" POD_LAUNCHER="$launcher" POD_GATE="$work/volume/gate"
bash "$TMPLBUILD_SOURCE/tests/browser/run_lib.sh" pod_walk quickstart_seen || fail "what the browser shows: $(tail -n 30 "$work/pod.log")"
