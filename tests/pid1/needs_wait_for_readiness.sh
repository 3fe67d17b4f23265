# SPDX-License-Identifier: Apache-2.0
# What needs a service starts after it is ready and not before, by each kind of readiness; one that never is ready is named.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
late="while [ ! -e $work/go ]; do sleep 0.05; done"
pod '[{"name":"http","port":'"$port"',"command":["sh","-c","'"$late"'; exec python3 -m http.server --bind 127.0.0.1 {port}"],"directory":"'"$work"'","ready":{"http":"/pod.json"}},
      {"name":"tcp","command":["sleep","60"],"ready":{"tcp":true,"port":'"$port"'}},
      {"name":"exec","command":["sleep","60"],"ready":{"exec":["test","-e","'"$work"'/go"],"interval_ms":50}},
      {"name":"log","command":["sh","-c","'"$late"'; echo now; exec sleep 60"],"ready":{"log":"now"}},
      {"name":"once","oneshot":true,"command":["sh","-c","'"$late"'"]},
      {"name":"never","command":["sleep","60"],"ready":{"exec":["false"],"deadline_ms":300}},
      {"name":"after-http","needs":["http"],"command":["sleep","60"]},
      {"name":"after-tcp","needs":["tcp"],"command":["sleep","60"]},
      {"name":"after-exec","needs":["exec"],"command":["sleep","60"]},
      {"name":"after-log","needs":["log"],"command":["sleep","60"]},
      {"name":"after-once","needs":["once"],"command":["sleep","60"]},
      {"name":"after-never","needs":["never"],"command":["sleep","60"]}]'
start
until_log "never: not ready after"
! grep -q "^after-" "$work/log" || fail "a dependent started early: $(grep "^after-" "$work/log")"
"$ctl" status | grep -q "needs never, which is unhealthy" || fail "the culprit is not named"
touch "$work/go"
for one in http tcp exec log once; do until_log "after-$one: ready after"; done
! grep -q "^after-never" "$work/log" || fail "it started without its need"
stop
