#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From `runc run` of an image to its complete status page over HTTP, beside `runc run /bin/true` of the same root, in turn.
# Not a test. Needs root, umoci and runc; BUILD names the build folder, ROUNDS how often.
set -eu
TMPLBUILD_SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
TMPLBUILD_BIN=${BUILD:-$TMPLBUILD_SOURCE/build/release}/bin
export TMPLBUILD_SOURCE TMPLBUILD_BIN
. "$TMPLBUILD_SOURCE/tests/e2e/lib.sh"
example "$work/a"
# shellcheck disable=SC2046
set -- $(free_ports 2)
sed -i '/^\[\[services\]\]/,$d' "$work/a/template.toml"
cat >>"$work/a/template.toml" <<TOML
[[services]]
name = "web"
command = ["/usr/bin/python3", "-m", "http.server", "--bind", "{host}", "{port}"]
port = $1
ready = { tcp = true }
[console]
port = $2
TOML
build "$work/a" --set image.compression=gzip >/dev/null
umoci unpack --image "$work/a/out:latest" "$work/bundle" >/dev/null
python3 - "$work" "$2" "${ROUNDS:-15}" <<'PY'
import http.client, json, os, statistics, subprocess, sys, time
work, port, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
bundle = work + "/bundle"
config = json.load(open(bundle + "/config.json"))
config["process"]["terminal"] = False
config["process"]["env"].append("CONSOLE_AUTH=none")
config["linux"]["namespaces"] = [one for one in config["linux"]["namespaces"] if one["type"] != "network"]
configs = {"pod": json.dumps(config)}
config["process"]["args"] = ["/bin/true"]
configs["true"] = json.dumps(config)

def run(kind):
    open(bundle + "/config.json", "w").write(configs[kind])
    return time.perf_counter(), subprocess.Popen(["runc", "run", "--bundle", bundle, f"bench-{os.getpid()}"],
                                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

def page():
    """Milliseconds until the whole page is there, with the pod's state in it."""
    begin, pod = run("pod")
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", "/installation-status", headers={"Accept": "text/html"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 200 and b'id="state">{' in text and text.rstrip().endswith(b"</html>"):
                break
        except OSError:
            pass
        if pod.poll() is not None or time.perf_counter() - begin > 60:
            sys.exit("FAILED: the pod does not start")
        time.sleep(0.002)
    took = (time.perf_counter() - begin) * 1000
    subprocess.run(["runc", "kill", f"bench-{os.getpid()}", "TERM"], check=True)
    pod.wait()
    return took

def nothing():
    begin, pod = run("true")
    pod.wait()
    return (time.perf_counter() - begin) * 1000

page(), nothing()
pages, nothings = [], []
for _ in range(rounds):
    nothings.append(nothing())
    pages.append(page())
a, b = statistics.median(pages), statistics.median(nothings)
print(f"runc run to the complete status page, medians of {rounds}: {a:.0f} ms; runc run /bin/true: {b:.0f} ms; {a - b:.0f} ms more")
PY
