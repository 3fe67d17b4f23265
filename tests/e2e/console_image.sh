# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# An image with the console and the gateway, under runc: a stranger is asked for the password, one sign-in opens every
# service, a service that starts has a page, the services listen on loopback alone, and without the console nothing passes.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
for tool in umoci runc; do command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }; done
example "$work/a"
# shellcheck disable=SC2046
set -- $(free_ports 3)
console=$1 web=$2 late=$3
sed -i '/^\[\[services\]\]/,$d' "$work/a/template.toml"
cat >>"$work/a/template.toml" <<TOML
[[services]]
name = "web"
command = ["/usr/bin/python3", "/opt/site/serve.py", "{host}", "{port}", "{public_port}"]
port = $web
ready = { tcp = true }
[[services]]
name = "late"
command = ["/bin/sh", "-c", "while [ ! -e /run/late-may-start ]; do sleep 0.1; done; exec /usr/bin/python3 /opt/site/serve.py {host} {port} {public_port}"]
port = $late
ready = { tcp = true }
[console]
port = $console
TOML
cat >"$work/a/site/serve.py" <<'PY'
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"from the service {sys.argv[1:]} cookies: {self.headers.get_all('Cookie')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Page).serve_forever()
PY
build "$work/a" --set image.compression=gzip >/dev/null
umoci unpack --image "$work/a/out:latest" "$work/bundle" >/dev/null
root=$work/bundle/rootfs
[ "$(stat -c %a "$root/opt/tmplbuild/console/models.toml")" = 644 ] || fail "the catalogue of models is not there, or is a program"
cmp -s "$root/opt/tmplbuild/console/models.toml" "$TMPLBUILD_SOURCE/layers/console/models.toml" || fail "the catalogue is another one"
for port in "$console" "$web" "$late"; do
    grep -q "listen 0.0.0.0:$port " "$root/opt/tmplbuild/gateway/nginx.conf" || fail "the gateway has no port $port"
done
python3 - "$work/bundle/config.json" <<'PY'
import json, sys
c = json.load(open(sys.argv[1]))
# What Docker and its kin give a container, as far as it matters here.
c["process"]["capabilities"] = {}
for kind in ("bounding", "effective", "permitted"):
    c["process"]["capabilities"][kind] = ["CAP_" + n for n in "CHOWN DAC_OVERRIDE FOWNER KILL SETGID SETUID NET_BIND_SERVICE".split()]
json.dump(c, open(sys.argv[1], "w"))
PY
start_pod "$work/bundle" "CONSOLE_PASSWORD=open sesame"
for service in gateway console web; do until_pod_says "^(.* )?$service: ready"; done
python3 -B "$TMPLBUILD_SOURCE/tests/gateway/whole_pod.py" "$console" "$web" "$late" "open sesame" "$root/run/late-may-start" >"$work/said" 2>&1 ||
    fail "$(cat "$work/said" "$work/pod.log")"
! grep -q "open sesame" "$work/pod.log" || fail "the password is in the pod's log"
# Nobody reaches a service past the gateway.
python3 - "$root/opt/tmplbuild/pod.json" <<'PY' || fail "a service does not listen on loopback alone: $(cat /proc/net/tcp)"
import json, sys
private = [s["private_port"] for s in json.load(open(sys.argv[1]))["services"] if "private_port" in s]
lines = [line.split() for line in open("/proc/net/tcp")][1:]
listening = {line[1] for line in lines if line[3] == "0A"}
assert len(private) == 2, private
for port in private:
    assert {one for one in listening if one.endswith(":%04X" % port)} == {"0100007F:%04X" % port}, port
PY
# Without the console nothing passes; it is started again by itself.
signal_console() {
    runc exec "$pod" /bin/sh -c 'for p in /proc/[0-9]*; do
        case $(tr "\0" " " <"$p/cmdline") in /opt/tmplbuild/console/tmplbuild-console*) kill -'"$1"' "${p#/proc/}" ;; esac; done'
}
# ask: the status of the service's page, and what it says in $work/body.
ask() { python3 - "http://127.0.0.1:$web/" 2>"$work/body" <<'PY'
import http.client, sys, urllib.parse
connection = http.client.HTTPConnection(urllib.parse.urlsplit(sys.argv[1]).netloc, timeout=30)
connection.request("GET", "/")
answer = connection.getresponse()
print(answer.status)
print(answer.read().decode(), file=sys.stderr)
PY
}
signal_console STOP
code=$(ask)
signal_console KILL
[ "$code" = 503 ] && grep -q "console of this pod does not answer" "$work/body" || fail "with a console that hangs: $code $(cat "$work/body")"
for _ in $(seq 100); do
    code=$(ask)
    [ "$code" = 503 ] || break
    sleep 0.1
done
[ "$code" = 401 ] || [ "$code" = 302 ] || fail "with a new console: $code $(cat "$work/body")"
stop_pod
