# SPDX-License-Identifier: Apache-2.0
# A service that fails for good while others wait for it: they are blocked at once, and start when a person starts it; a
# oneshot that fails blocks its own dependents alone; needs in a circle are told and hold back nobody else.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"fails","command":["sh","-c","while [ ! -e '"$work"'/go ]; do sleep 0.05; done; exit 3"],"ready":{"log":"never said"},"restart":{"policy":"never"}},
      {"name":"waits","needs":["fails"],"command":["sleep","60"]},
      {"name":"once","oneshot":true,"command":["test","-e","'"$work"'/mended"],"restart":{"policy":"never"}},
      {"name":"after","needs":["once"],"command":["sleep","60"]},
      {"name":"ring-a","needs":["ring-b"],"command":["sleep","60"]},
      {"name":"ring-b","needs":["ring-a"],"command":["sleep","60"]},
      {"name":"other","command":["sh","-c","echo here; exec sleep 60"]}]'
start
until_log "other: here"
until_log "ring-a: failed: it needs itself"
until_log "once: failed: exit code 1"
"$ctl" status | grep -q "needs fails, which is starting" || fail "the need is not named"
touch "$work/go"
until_log "fails: failed: exit code 3"
"$ctl" status >"$work/status"
grep -q "needs fails, which is failed" "$work/status" || fail "those who wait were not told: $(cat "$work/status")"
grep -q "needs once, which is failed" "$work/status" || fail "the oneshot's dependents: $(cat "$work/status")"
! grep -qE "^(waits|after): ready" "$work/log" || fail "a dependent started"
until_log "waits: blocked: needs fails, which is failed"
grep -q "^pod test: degraded, 100 %" "$work/status" || fail "the pod does not say that something is wrong: $(cat "$work/status")"
! "$ctl" start ring-a 2>"$work/error" || fail "what needs itself was started"
grep -q "'ring-a' cannot be started: it needs itself" "$work/error" || fail "no reason: $(cat "$work/error")"
"$ctl" start after >"$work/answer"
until_log "once: started, since after needs it"
until_log "after: blocked: needs once, which is failed"
touch "$work/mended"
"$ctl" start once >"$work/answer"
until_log "after: ready"
stop
