# SPDX-License-Identifier: Apache-2.0
# The foreground command: the pod's constraints, no word lost when it cannot be started, an empty one is none, a critical
# service's end keeps its exit code. Nothing that the launcher inherited is open in services or in it.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
patience=600
more=',"constraints":"/opt/tmplbuild/constraints.txt"'
look='for f in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$f ] || echo "open: $(readlink /proc/$$/fd/$f)"; done; echo looked'
pod '[{"name":"web","command":["sh","-c","'"$(printf %s "$look" | sed 's/"/\\"/g')"'; exec sleep 60"]}]' "$more"
echo secret >"$work/foreign-file"
exec 7<"$work/foreign-file"
start sh -c "$look; echo \"bound by \$PIP_CONSTRAINT \$UV_CONSTRAINT\"; while [ ! -e $work/go ]; do sleep 0.05; done"
exec 7<&-
until_log "web: looked"
touch "$work/go"
ended 0
grep -q "bound by /opt/tmplbuild/constraints.txt /opt/tmplbuild/constraints.txt" "$work/log" || fail "no constraints"
! grep -q "foreign-file" "$work/log" || fail "an inherited descriptor is open"
start --only sh -c 'echo "alone, bound by $PIP_CONSTRAINT"'
ended 0
grep -q "alone, bound by /opt" "$work/log" || fail "no constraints after --only"

start bsah -c true
ended 127
grep -q "launcher: the command: cannot start its program bsah: it is in no folder of PATH" "$work/log" || fail "no word about it"
echo x >"$work/plain"
start "$work/plain"
ended 127
grep -q "the command: cannot start its program $work/plain: Permission denied" "$work/log" || fail "no word about the file"

# As a platform starts a pod whose arguments were left empty.
start ""
until_log "web: looked"
kill -0 "$pid" 2>/dev/null || fail "an empty argument ended the pod"
stop
start "" " " sh -c 'exit 9'
ended 9
start --only ""
ended 2

pod '[{"name":"db","critical":true,"command":["sh","-c","sleep 0.3; exit 3"],"restart":{"policy":"never"}}]'
start sleep 60
ended 70
# It fails before the command could be started.
pod '[{"name":"db","critical":true,"user":"nobody-here","command":["true"],"restart":{"policy":"never"}}]'
start sh -c 'echo it runs; sleep 60'
ended 70
! grep -q "it runs" "$work/log" || fail "the command was started in a pod that ends"
