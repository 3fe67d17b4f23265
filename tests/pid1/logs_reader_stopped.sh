# SPDX-License-Identifier: Apache-2.0
# A stdout that nobody reads blocks neither services nor the launcher: whole lines are dropped, counted and told in place.
. "$TMPLBUILD_SOURCE/tests/pid1/lib.sh"
need python3
pod '[{"name":"talks","command":["sh","-c","'"$flood"' 200000; touch \"$FLAG\"; while :; do sleep 0.3; echo still here; done"]}]'
export FLAG=$work/flag
mkfifo "$work/pipe"
python3 -c 'import sys,time,os
f = os.open(sys.argv[1], os.O_RDONLY)
while not os.path.exists(sys.argv[2]): time.sleep(0.05)
out = open(sys.argv[3], "wb")
while chunk := os.read(f, 65536): out.write(chunk); out.flush()' "$work/pipe" "$work/read" "$work/log.read" &
reader=$!
end_reader() { kill "$reader" 2>/dev/null; }
cleanups=end_reader
start_to "$work/pipe"
# Nobody reads: a service that waited for a reader would never come to this.
for _ in 1 2 3 4 5; do [ -e "$work/flag" ] || sleep 5; done
until_true test -e "$work/flag"
kill -0 "$pid" || fail "the launcher is gone"
touch "$work/read"
until_file "$work/log.read" "talks: still here"
until_file "$work/log.read" "lines were dropped here: nobody read them in time"
dropped=$(sed -n 's/^launcher: \([0-9]*\) lines were dropped here.*/\1/p' "$work/log.read")
kept=$(grep -c '^talks: <' "$work/log.read")
[ $((kept + dropped)) -ge 200000 ] && [ "$kept" -lt 200000 ] || fail "kept $kept, dropped $dropped"
! grep '^talks: <' "$work/log.read" | grep -vE '^talks: <([0-9]{6})-.*-\1>$' || fail "a torn line"
# A reader that goes away for good does not end the pod.
kill "$reader"
sleep 0.8
kill -0 "$pid" || fail "the launcher ended with its reader"
stop
