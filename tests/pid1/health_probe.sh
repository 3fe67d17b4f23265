# SPDX-License-Identifier: Apache-2.0
# A service with a health probe becomes unhealthy after so many failures, and ready again after one success; it is never ended for it,
# and services without one are not asked after they are ready.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
touch "$work/well" "$work/ready"
pod '[{"name":"asked","command":["sleep","60"],"health":{"exec":["sh","-c","echo x >>'"$work"'/asked; test -e '"$work"'/well"],"interval_ms":50},"health_failures":3},
      {"name":"hangs","command":["sleep","60"],"health":{"exec":["sleep","60"],"interval_ms":50,"timeout_ms":100},"health_failures":2},
      {"name":"quiet","command":["sleep","60"],"ready":{"exec":["sh","-c","echo x >>'"$work"'/quiet; test -e '"$work"'/ready"],"interval_ms":50}}]'
start
until_log "asked: ready after"
until_log "quiet: ready after"
until_log "hangs: unhealthy: its health probe said no 2 times in a row"
! grep -q "asked: unhealthy" "$work/log" || fail "unhealthy while it is well"
before=$(wc -l <"$work/asked")
rm "$work/well"
until_log "asked: unhealthy: its health probe said no 3 times in a row"
[ "$(($(wc -l <"$work/asked") - before))" -ge 3 ] || fail "fewer than three failures"
touch "$work/well"
until_log "asked: healthy again"
[ "$(wc -l <"$work/quiet")" = 1 ] || fail "a service without a health probe was asked again"
[ "$("$ctl" status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["orphans"])')" = 0 ] || fail "a probe that hung counts as an orphan"
! grep -q "asked: exit\|asked: killed" "$work/log" || fail "it was ended for its health"
stop
