# SPDX-License-Identifier: Apache-2.0
# http, tcp, exec and log readiness each say yes when they should, and a service that never is ready is unhealthy.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
command -v python3 >/dev/null || { echo "skipped: python3 is not here"; exit 77; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
pod '[{"name":"http","port":'"$port"',"host":"127.0.0.1","command":["sh","-c","sleep 0.5; exec python3 -m http.server --bind {host} {port}"],"directory":"'"$work"'","ready":{"http":"/pod.json"}},
      {"name":"tcp","command":["sleep","60"],"ready":{"tcp":true,"port":'"$port"'}},
      {"name":"exec","command":["sleep","60"],"ready":{"exec":["test","-e","'"$work"'/flag"],"interval_ms":50}},
      {"name":"never","port":1,"command":["sleep","60"],"ready":{"http":"/","deadline_ms":400}}]'
start
until_log "never: not ready after"
until_log "http: ready after"
until_log "tcp: ready after"
! grep -q "exec: ready" "$work/log" || fail "an exec probe said yes too early"
touch "$work/flag"
until_log "exec: ready after"
kill -TERM "$pid"
ended 0
