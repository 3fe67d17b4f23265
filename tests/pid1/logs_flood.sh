# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 300
# serial: yes
# 1 GB of output from one service: its writes do not wait, the cap on disk is exact, no line is torn, reaping goes on.
. "$TMPLBUILD_SOURCE/tests/pid1/lib.sh"
need python3
export RUNPOD_POD_ID=p OUT=$work/times
cat >"$work/flood.py" <<'END'
import os, time
block = b"".join(b"<%06d-%s-%06d>\n" % (i, b"x" * 80, i) for i in range(40))
times, left = [], 1_000_000_000
while left > 0:
    begin = time.monotonic()
    os.write(1, block)
    times.append(time.monotonic() - begin)
    left -= len(block)
times.sort()
open(os.environ["OUT"], "w").write("%.3f %.3f\n" % (times[int(len(times) * 0.999)] * 1000, times[-1] * 1000))
END
pod '[{"name":"floods","command":["sh","-c","python3 '"$work"'/flood.py; echo finished; exec sleep 600"]}]'
start_to /dev/null
until_flood() { for _ in $(seq 1000); do [ ! -s "$OUT" ] || return 0; sleep 0.2; done; fail "the flood does not end"; }
until_flood
read -r p999 most <"$OUT"
echo "a write of the flooding service took $p999 ms (p99.9), $most ms at most"
awk -v p="$p999" -v m="$most" 'BEGIN { exit !(p <= 10 && m <= 100) }' || fail "a write was held up: p99.9 $p999 ms, at most $most ms"
logs=$work/volume/.tmplbuild/pods/p/logs
until_file "$logs/floods.log" " finished"
total=$(cat "$logs"/floods.log* | wc -c)
[ "$total" -le 20000000 ] || fail "$total bytes on disk, 20000000 allowed"
[ "$total" -ge 14000000 ] || fail "only $total bytes on disk"
cat "$logs"/floods.log* | grep -vE '^[-0-9T:.]+Z (<([0-9]{6})-x{80}-\2>|finished|\[launcher\] .*|launcher: [0-9]+ lines could not be kept here)$' >"$work/odd" && fail "odd lines: $(head -n 3 "$work/odd" | cut -c1-200)"
stop
