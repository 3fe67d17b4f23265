# SPDX-License-Identifier: Apache-2.0
# Arguments are the foreground command, beside the services or alone, and its exit code is the pod's.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[{"name":"web","command":["sh","-c","echo up; exec sleep 60"]}]'
start sh -c 'sleep 0.3; exit 42'
ended 42
grep -q "web: up" "$work/log" || fail "the services did not run beside the command"
start --only sh -c 'echo alone; exit 7'
ended 7
! grep -q "web: up" "$work/log" || fail "--only started a service"
start sh -c 'kill -KILL $$'
ended 137
start no-such-program
ended 127
start --only
ended 2
rm "$work/pod.json"
start
ended 78
grep -q "pod.json" "$work/log" || fail "the missing file is not named"
start sh -c 'exit 5'
ended 5
