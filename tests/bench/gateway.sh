#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the gateway costs: its bundle with its generated configuration, which asks about each request, beside the same nginx as
# a plain proxy, with wrk and h2load, turn about. The console is another nginx that says yes to all, so that only the
# gateway's part is measured; CONSOLE_SOCKET=PATH asks a real one. Not a test. Needs root, wrk, h2load and curl; BUILD names
# the build folder, SECONDS_EACH and ROUNDS how long and how often. ONLY=bytes measures nothing but 1 GB through both.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$root/build/release}
rounds=${ROUNDS:-3} seconds=${SECONDS_EACH:-4}
work=$(mktemp -d)
pids=
tidy() { for pid in $pids; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap tidy EXIT
chmod 755 "$work"
mkdir -p "$work/run" "$work/console" "$work/plain" "$work/files"
cp -r "$build/libexec/gateway" "$work/bundle"
set -- $(python3 -c 'import socket
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(6)]
print(*[one.getsockname()[1] for one in taken])')
console=$1 now=$2 late=$3 now_private=$4 late_private=$5 plain=$6
sed -e "s/\b8765\b/$console/; s/\b8888\b/$now/; s/\b8188\b/$late/; s/\b41000\b/$now_private/; s/\b41001\b/$late_private/" \
    "$root/tests/golden/gateway/nginx.conf" >"$work/bundle/nginx.conf"
cp "$work/bundle/nginx.conf" "$work/bundle/nginx-ipv4.conf"
nginx() { # FOLDER: the bundle's nginx with that folder's configuration
    "$work/bundle/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$work/bundle" "$work/bundle/nginx" \
        -p "$work/$1" -e stderr -c "$work/$1/nginx.conf" -g "daemon off; user root root;" &
    pids="$pids $!"
}
temp='client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; access_log off;'
socket=${CONSOLE_SOCKET:-}
if [ -n "$socket" ]; then
    ln -s "$socket" "$work/run/console.sock"
else
    cat >"$work/console/nginx.conf" <<CONF
pid nginx.pid; worker_processes 1; events { worker_connections 4096; }
http { $temp keepalive_requests 1000000;
server { listen unix:$work/run/console.sock; location / { add_header X-Tmplbuild-Proto http; return 204; } } }
CONF
    nginx console
fi
# A plain proxy, as nginx's manual has it: connections to the backend are its own for each request, as the gateway's are.
cat >"$work/plain/nginx.conf" <<CONF
pid nginx.pid; worker_processes 1; events { worker_connections 4096; }
http { $temp proxy_http_version 1.1; proxy_set_header Connection close; proxy_buffering off; proxy_request_buffering off;
proxy_buffer_size 64k; proxy_buffers 4 64k; proxy_busy_buffers_size 64k; client_max_body_size 0;
server { listen $plain; location / { proxy_pass http://127.0.0.1:$now_private; } location /late/ { proxy_pass http://127.0.0.1:$late_private; } } }
CONF
nginx plain
"$build/bin/bench-late" "$now_private" 0 &
now_backend=$!
pids="$pids $!"
"$build/bin/bench-late" "$late_private" 5000 &
pids="$pids $!"
for _ in $(seq 100); do [ ! -S "$work/run/console.sock" ] || break; sleep 0.05; done
[ -n "$socket" ] || chmod 666 "$work/run/console.sock"
TMPLBUILD_RUN_DIR=$work/run "$work/bundle/start" &
pids="$pids $!"
for port in "$console" "$plain" "$now_private" "$late_private"; do
    for _ in $(seq 100); do python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null && break; sleep 0.05; done
done
[ "$(curl -s -o "$work/body" -w '%{http_code}' "http://127.0.0.1:$now/")" = 200 ] || { echo "FAILED: the gateway does not pass" >&2; exit 1; }

# rate FILE CONNECTIONS URL: requests a second, and none that failed.
rate() {
    wrk -t1 -c"$2" -d"${seconds}s" "$3" >"$work/wrk"
    ! grep -q 'Non-2xx' "$work/wrk" || { echo "FAILED: $(cat "$work/wrk")" >&2; exit 1; }
    awk '/^Requests.sec/ {print $2}' "$work/wrk" >>"$work/$1"
}
# slowest FILE RATE URL: at half of what it can do, at a fixed rate: the p99 in ms.
slowest() {
    h2load --h1 -t1 -c32 --rps="$2" -D"$seconds" --log-file="$work/h2" "$3" >/dev/null
    python3 - "$work/h2" >>"$work/$1" <<'P'
import sys
times = sorted(int(line.split()[2]) for line in open(sys.argv[1]))
print(times[int(len(times) * 0.99)] / 1000)
P
    rm "$work/h2"
}
# bytes FILE URL: MB a second of one answer of 1 GB, which the backend has in memory.
bytes() { curl -sS -o "$work/null" -w '%{speed_download} %{size_download}\n' "$2" | awk '$2 == 1073741824 {print $1 / 1e6}' >>"$work/$1"; }
through_both() {
    truncate -s 1G "$work/files/big"
    ln -s /dev/null "$work/null"
    cat >"$work/files/nginx.conf" <<CONF
pid nginx.pid; worker_processes 1; events { worker_connections 64; }
http { $temp sendfile on; server { listen 127.0.0.1:$now_private; root $work/files; } }
CONF
    kill "$now_backend"
    wait "$now_backend" 2>/dev/null || true
    nginx files
    for _ in $(seq 100); do curl -sf -o "$work/null" -r 0-0 "http://127.0.0.1:$now_private/big" && break; sleep 0.05; done
    for _ in $(seq "$rounds"); do
        bytes plain-bytes "http://127.0.0.1:$plain/big"
        bytes gateway-bytes "http://127.0.0.1:$now/big"
    done
}
compare() { # NAME UNIT…
    python3 - "$work" "$@" <<'P'
import statistics, sys
read = lambda name: list(map(float, open(f"{sys.argv[1]}/{name}")))
for what, unit in zip(sys.argv[2::2], sys.argv[3::2]):
    plain, gateway = read(f"plain-{what}"), read(f"gateway-{what}")
    ratio = statistics.median(b / a for a, b in zip(plain, gateway))
    print(f"| {what} | {statistics.median(gateway):.2f} {unit} | {statistics.median(plain):.2f} {unit} | {ratio:.2f} |")
P
}
if [ "${ONLY:-}" = bytes ]; then
    through_both
    compare bytes MB/s
    exit
fi
for _ in $(seq "$rounds"); do
    rate plain-now 32 "http://127.0.0.1:$plain/"
    rate gateway-now 32 "http://127.0.0.1:$now/"
    rate plain-late 16 "http://127.0.0.1:$plain/late/"
    rate gateway-late 16 "http://127.0.0.1:$late/"
done
half=$(python3 -c "import statistics; print(int(statistics.median(map(float, open('$work/gateway-now'))) / 2 / 32) or 1)")
for _ in $(seq "$rounds"); do
    slowest plain-p99 "$half" "http://127.0.0.1:$plain/"
    slowest gateway-p99 "$half" "http://127.0.0.1:$now/"
done
through_both
compare now requests/s late requests/s p99 ms bytes MB/s
