# SPDX-License-Identifier: Apache-2.0
# Services without a need start at once; one with a need waits for it; every line says whose it is.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"slow","command":["sh","-c","sleep 1; echo up; exec sleep 60"],"ready":{"log":"up"}},
      {"name":"quick","command":["sh","-c","echo here; exec sleep 60"]},
      {"name":"after","command":["sh","-c","echo followed; exec sleep 60"],"needs":["slow"]}]'
start
until_log "quick: here"
! grep -q "after: followed" "$work/log" || fail "a service did not wait for its need"
until_log "slow: ready after"
until_log "after: followed"
kill -TERM "$pid"
ended 0
