# SPDX-License-Identifier: Apache-2.0
# Every exit code of a command passes through, 0 to 255, and 128 + n for a signal, as PID 1 and not.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
pod '[]'
export TMPLBUILD_POD_SPEC=$work/pod.json
for n in $(seq 0 255); do
    code=0
    "$launcher" --only sh -c "exit $n" >"$work/log" 2>&1 || code=$?
    [ "$code" = "$n" ] || fail "exit code $n became $code"
done
for n in 1 2 3 6 9 10 12 13 14 15; do
    code=0
    "$launcher" --only sh -c "kill -$n \$\$; sleep 5" >"$work/log" 2>&1 || code=$?
    [ "$code" = $((128 + n)) ] || fail "signal $n became $code"
done
for n in 0 1 127 255; do
    start --only sh -c "exit $n"
    ended "$n"
done
