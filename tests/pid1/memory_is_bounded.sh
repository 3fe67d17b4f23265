# SPDX-License-Identifier: Apache-2.0
# What eight services print fills the last lines in memory and no more: the second hundred thousand lines cost nothing.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
[ -z "${TMPLBUILD_SANITIZED:-}" ] || skip "a sanitizer has memory of its own"
list=
for i in $(seq 8); do
    list="$list${list:+,}{\"name\":\"s$i\",\"command\":[\"sh\",\"-c\",\"for n in 1 2; do $flood 50000; : >$work/done.$i.\$n; while [ ! -e $work/again ]; do sleep 0.1; done; done; exec sleep 600\"]}"
done
pod "[$list]"
start_to /dev/null
patience=1200
printed() { [ "$(find "$work" -name "done.*.$1" | wc -l)" = 8 ]; }
quiet() { # nothing waits for the disk any more
    local now
    now=$(wc -c "$work"/volume/.tmplbuild/pods/*/logs/*.log | tail -n 1)
    sleep 0.5
    [ "$now" = "$(wc -c "$work"/volume/.tmplbuild/pods/*/logs/*.log | tail -n 1)" ]
}
own() { # kB that belong to the launcher and its writer alone, the program's text left out
    local one sum=0
    for one in "$pid" "$(pgrep -P "$pid" log-writer)"; do
        sum=$((sum + $(awk '/^Anonymous:/ { print $2 }' "/proc/$one/smaps_rollup")))
    done
    echo "$sum"
}
until_true printed 1
until_true quiet
first=$(own)
touch "$work/again"
until_true printed 2
until_true quiet
second=$(own)
echo "$first kB after the first half, $second kB after the second"
[ "$first" -le 1000 ] || fail "$first kB, where eight services fill 144 kB of last lines"
# One byte kept for each line of the second half would be 400 kB; the allocator's own pages move by some tens.
[ "$second" -le $((first + 200)) ] || fail "it grows: $first kB, then $second kB"
stop
