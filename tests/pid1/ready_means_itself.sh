# SPDX-License-Identifier: Apache-2.0
# A port that another process answers makes no service ready, and its holder is named. A probe's words are kept as the reason.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
patience=600
need python3
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# serve.py PORT [HOST]: answers HTTP; a worker in a session of its own, which is deaf to TERM, holds the port on.
cat >"$work/serve.py" <<'END'
import http.server, os, signal, socketserver, sys
socketserver.TCPServer.allow_reuse_address = True
server = socketserver.TCPServer((sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
if "worker" in sys.argv and os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("listens", flush=True)
server.serve_forever()
END
one=$(free)
two=$(free)
chmod 755 "$work"
pod '[{"name":"holder","command":["python3","'"$work"'/serve.py","'"$one"'"],"ready":{"log":"listens"}},
      {"name":"web","needs":["holder"],"port":'"$one"',"command":["sleep","60"],"ready":{"http":"/","interval_ms":50,"deadline_ms":1000}},
      {"name":"tcp","needs":["holder"],"port":'"$one"',"command":["sleep","60"],"ready":{"tcp":true,"interval_ms":50,"deadline_ms":1000}},
      {"name":"other","command":["sleep","60"],"ready":{"tcp":true,"port":'"$one"',"interval_ms":50}},
      {"name":"after","needs":["web"],"command":["sleep","60"]},
      {"name":"own","port":'"$two"',"user":"nobody","command":["sh","-c","python3 '"$work"'/serve.py '"$two"' 0.0.0.0 worker; true"],"ready":{"http":"/","interval_ms":50},"stop_grace_ms":300},
      {"name":"says","command":["sleep","60"],"ready":{"exec":["sh","-c","echo first; seq 20000; echo no such model >&2; exit 7"],"interval_ms":50,"deadline_ms":4000}},
      {"name":"prints","command":["sleep","60"],"ready":{"exec":["sh","-c","seq 20000; echo PONG"],"interval_ms":50}},
      {"name":"refused","port":1,"command":["sleep","60"],"ready":{"http":"/","deadline_ms":500}},
      {"name":"missing","port":'"$two"',"needs":["own"],"command":["sleep","60"],"health":{"http":"/no-such-file","port":'"$two"',"interval_ms":50},"health_failures":2},
      {"name":"silent","command":["sleep","60"],"ready":{"log":"the words","deadline_ms":500}}]'
# As in a container: root may not look into another user's processes.
setpriv=$(command -v setpriv || true)
[ -z "$setpriv" ] || runner="setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace"
start
until_log "holder: listens"
until_log "web: not ready after"
grep -q "web: not ready after [0-9]* ms: port $one is answered by PID [0-9]* (python3) of 'holder', which is not of this service" "$work/log" || fail "$(grep "web: not" "$work/log")"
until_log "tcp: not ready after"
until_log "other: ready after"
until_log "own: ready after"
! grep -q "own: port $two answers; whether" "$work/log" || fail "the descriptors of a service of another user were not seen"
until_log "prints: ready after"
until_log "says: not ready after"
grep -q "says: not ready after [0-9]* ms: its probe: exit code 7, no such model" "$work/log" || fail "$(grep "says: not" "$work/log")"
until_log "refused: not ready after"
grep -q "refused: not ready after [0-9]* ms: port 1: Connection refused" "$work/log" || fail "$(grep "refused: not" "$work/log")"
until_log "missing: unhealthy: its health probe said no 2 times in a row: port $two: HTTP status 404"
until_log "silent: not ready after"
grep -q "silent: not ready after [0-9]* ms: its output has not said 'the words'" "$work/log" || fail "$(grep "silent: not" "$work/log")"
! grep -qE "^(web|tcp|after): ready" "$work/log" || fail "ready by another's answer"
# The whole tree goes at a restart: its deaf worker does not keep the port.
: >"$work/log"
"$ctl" restart own
until_log "own: what it left running did not stop within its grace; killed"
until_log "own: ready after"
! grep -q "Address already in use" "$work/log" || fail "the port was held"
# People who logged in keep what they run.
stop
runner=
pod '[{"name":"sshd","logins":true,"command":["sh","-c","setsid sleep 77 & echo up; exec sleep 60"]}]'
start
until_log "sshd: up"
until_true test -S "$work/run/control.sock"
session() { pgrep -f 'sleep 77' || true; }
until_true sh -c 'pgrep -f "sleep 77" >/dev/null'
before=$(session)
"$ctl" restart sshd
until_true sh -c '[ "$(grep -c "^sshd: up" "$0")" = 2 ]' "$work/log"
for one in $before; do kill -0 "$one" 2>/dev/null || fail "a session was ended by a restart of its sshd"; done
stop
[ -z "$(session)" ] || fail "a session outlived the pod"
