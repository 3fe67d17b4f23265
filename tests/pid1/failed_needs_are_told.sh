# SPDX-License-Identifier: Apache-2.0
# A service that fails for good while others wait for it: they are told at once; a oneshot that fails holds back its own
# dependents alone; needs in a circle are told and hold back nobody else.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"fails","command":["sh","-c","while [ ! -e '"$work"'/go ]; do sleep 0.05; done; exit 3"],"ready":{"log":"never said"},"restart":{"policy":"never"}},
      {"name":"waits","needs":["fails"],"command":["sleep","60"]},
      {"name":"once","oneshot":true,"command":["false"],"restart":{"policy":"never"}},
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
stop
