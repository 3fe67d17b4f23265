# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# label: slow
# The jupyterlab recipe with the real JupyterLab from the package index, started by the recipe's own command: where it is public, the token is
# JUPYTER_TOKEN's and nothing works without it, the readiness probe answers, the pod's public address is let in and no
# foreign page is, terminals run Bash with the virtual environment's programs.
set -eu
work=$(mktemp -d)
daemon=
cleanup() {
    [ -z "$daemon" ] || { kill "$daemon" 2>/dev/null && wait "$daemon" 2>/dev/null; } || true
    rm -rf "$work"
}
trap cleanup EXIT
fail() { echo "FAILED: $*" >&2; tail -n 30 "$work/log" >&2; exit 1; }
python3 -c 'import tomllib' 2>/dev/null || { echo "skipped: python3 has no tomllib"; exit 77; }
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check "jupyterlab>=4.4,<5" 2>"$work/log" ||
    { echo "skipped: JupyterLab cannot be installed: $(tail -n 1 "$work/log")"; exit 77; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -p "$work/home" "$work/etc" "$work/data"
echo content >"$work/data/there.txt"

start() { # ROOT HOST [NAME=VALUE...]: the recipe's service, as the launcher fills it in
    root=$1
    host=$2
    shift 2
    python3 - "$TMPLBUILD_SOURCE/layers/jupyterlab" "$work" "$port" "$root" "$host" "$@" >"$work/log" 2>&1 <<'PY' &
import os, sys, tomllib
recipe, work, port, root, host = sys.argv[1:6]
layer = tomllib.load(open(recipe + "/layer.toml", "rb"))
values = {name: parameter["default"] for name, parameter in layer["parameters"].items()}
assert values == {"venv": "/opt/venv", "version": ">=4.4,<5", "port": 8888, "public": False, "root": "/workspace"}, values
values |= {"venv": work + "/venv", "root": root}
assert [item["dest"] for item in layer["layers"][1]["files"]] == ["/etc/jupyter/jupyter_server_config.py"]
def fill(text):
    for name, value in values.items():
        text = text.replace("${%s}" % name, str(value))
    return text.replace("{host}", host).replace("{port}", port).replace("{public_port}", "8888")
service = layer["services"][0]
environment = {"PATH": "/usr/bin:/bin", "HOME": work + "/home"}
# Stands for /etc/jupyter, which this test must not write to.
os.symlink(recipe + "/jupyter_server_config.py", work + "/etc/jupyter_server_config.py") if not os.path.exists(
    work + "/etc/jupyter_server_config.py") else None
environment["JUPYTER_CONFIG_PATH"] = work + "/etc"
environment |= {name: fill(value) for name, value in service["environment"].items()}
environment |= dict(entry.split("=", 1) for entry in sys.argv[6:])
assert service["secrets"] == [{"variable": "JUPYTER_TOKEN", "from": "JUPYTER_PASSWORD"}]
assert service["ready"]["http"] == "/api"
command = [fill(part) for part in service["command"]]
os.chdir("/")
os.execve(command[0], command, environment)
PY
    daemon=$!
    for _ in $(seq 300); do
        python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/api', timeout=1)" 2>/dev/null && return
        kill -0 "$daemon" 2>/dev/null || fail "JupyterLab ended"
        sleep 0.1
    done
    fail "JupyterLab does not answer"
}
stop() {
    kill "$daemon"
    wait "$daemon" 2>/dev/null || true
    daemon=
}

start "$work/data" 0.0.0.0 JUPYTER_TOKEN=s3cret-token RUNPOD_POD_ID=abc123
"$work/venv/bin/python" - "$port" "$work" <<'PY' || fail "see above"
import json, sys, time, urllib.error, urllib.request, websocket
port, work = sys.argv[1:]
base, token = f"http://127.0.0.1:{port}", {"Authorization": "token s3cret-token"}
def ask(path, headers={}, method="GET", body=None):
    request = urllib.request.Request(base + path, headers=headers, method=method, data=body)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as failed:
        return failed.code, failed.read(), failed.headers
def check(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got}, and {want} was expected")
proxied = {"Host": "upstream.internal:60123", "X-Forwarded-Proto": "https"}
page, foreign = "https://abc123-8888.proxy.runpod.net", "https://evil1-8888.proxy.runpod.net"

check("the readiness probe, without a token", ask("/api")[0], 200)
check("no token", ask("/api/contents")[0], 403)
check("a wrong token", ask("/api/contents", {"Authorization": "token wrong"})[0], 403)
check("an empty token", ask("/api/contents?token=")[0], 403)
status, body, _ = ask("/api/contents", token)
check("the token", status, 200)
check("the root folder", [entry["name"] for entry in json.loads(body)["content"]], ["there.txt"])
check("a foreign host name", ask("/api/contents", {**token, **proxied})[0], 200)
# A browser: it opens the page with the token, and has a cookie from then on, which foreign pages of it can use too.
status, _, headers = ask("/lab?token=s3cret-token", proxied)
check("the page", status, 200)
if not any("Secure" in cookie for cookie in headers.get_all("Set-Cookie")):
    sys.exit("the proxy's HTTPS was not believed: the cookie is not Secure")
cookie = {"Cookie": "; ".join(c.split(";")[0] for c in headers.get_all("Set-Cookie"))}

status, _, headers = ask("/api/contents", {**cookie, **proxied, "Origin": page})
check("the pod's own page", (status, headers.get("Access-Control-Allow-Origin")), (200, page))
_, _, headers = ask("/api/contents", {**cookie, **proxied, "Origin": foreign})
if headers.get("Access-Control-Allow-Origin") in ("*", foreign):
    sys.exit("a foreign page may read answers")

status, body, _ = ask("/api/terminals", {**token, "Content-Type": "application/json"}, "POST", b"{}")
check("a terminal", status, 200)
name = json.loads(body)["name"]
address = f"ws://127.0.0.1:{port}/terminals/websocket/{name}"
def connect(origin, headers=cookie):
    return websocket.create_connection(address, timeout=20, origin=origin, host="upstream.internal:60123",
                                       header=[f"{k}: {v}" for k, v in headers.items()])
for origin, headers, what in ((foreign, cookie, "a foreign page's WebSocket"), (page, {}, "a WebSocket without a token")):
    try:
        connect(origin, headers).close()
        sys.exit(what + " was let in")
    except websocket.WebSocketBadStatusException as refused:
        check(what, refused.status_code, 403)
terminal = connect(page)
terminal.send(json.dumps(["stdin", "echo =$BASH_VERSION=; echo =$(command -v python)=; echo =$(pwd)=; shopt -q login_shell || echo =plain=\r"]))
seen, end = "", time.time() + 20
wanted = ["=plain=", f"={work}/venv/bin/python=", f"={work}/data="]
while time.time() < end and not all(word in seen for word in wanted):
    message = json.loads(terminal.recv())
    seen += message[1] if message[0] == "stdout" else ""
for word in wanted:
    if word not in seen:
        sys.exit(f"the terminal never said {word}: {seen!r}")
if "==" in seen.replace("=$", ""):
    sys.exit(f"the terminal is no Bash: {seen!r}")
# A notebook's kernel is the virtual environment's Python.
status, body, _ = ask("/api/kernelspecs", token)
check("the default kernel", json.loads(body)["default"], "python3")
PY
grep -q "s3cret-token" "$work/log" && fail "the token is in the log"
stop

# No such folder: the home folder, and every address of the pod.
start /no/such/folder 0.0.0.0 JUPYTER_TOKEN=other
"$work/venv/bin/python" - "$port" <<'PY' || fail "the home folder"
import json, sys, urllib.request
request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/api/contents", headers={"Authorization": "token other"})
names = [entry["name"] for entry in json.load(urllib.request.urlopen(request))["content"]]
assert "there.txt" not in names, names
PY
stop

# Behind the gateway no token is asked for, and whoever asks for what a foreign page could is still refused.
start "$work/data" 127.0.0.1 JUPYTER_TOKEN=other RUNPOD_POD_ID=abc123
"$work/venv/bin/python" - "$port" <<'PY' || fail "behind the gateway"
import json, sys, urllib.request, websocket
port = sys.argv[1]
names = [entry["name"] for entry in json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/api/contents"))["content"]]
assert names == ["there.txt"], names
try:
    websocket.create_connection(f"ws://127.0.0.1:{port}/api/events/subscribe", timeout=20, origin="https://evil1-8888.proxy.runpod.net").close()
    sys.exit("a foreign page's WebSocket was let in")
except websocket.WebSocketBadStatusException as refused:
    assert refused.status_code == 403, refused
PY
begin=$(date +%s)
stop
[ $(($(date +%s) - begin)) -le 5 ] || fail "it does not end within its grace"
echo "passed"
