# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 600
# serial: yes
# 1 GB of output from one service: none of its writes waits for long, the cap on disk is exact, no line is torn and none
# out of order, what is missing was counted, and the launcher answers all the while.
. "$TMPLBUILD_SOURCE/tests/pid1/lib.sh"
need python3
export RUNPOD_POD_ID=p
for lines_a_write in 40 600; do # 4 kB, which a pipe takes whole; and 60 kB, nearly all that fits into it
    rm -rf "$work/volume/.tmplbuild" "$work/report"
    pod '[{"name":"floods","command":["sh","-c","'"$TMPLBUILD_BIN"'/bench-flood 1000000000 '$lines_a_write' '"$work"'/report; echo finished; exec sleep 600"]}]'
    start_to /dev/null
    ended_flood() { [ -s "$work/report" ]; }
    worst=0
    for _ in $(seq 2000); do
        ! ended_flood || break
        begin=$(now_ms)
        [ ! -S "$work/run/control.sock" ] || "$ctl" status --json >/dev/null || fail "no status while a service floods"
        took=$(($(now_ms) - begin))
        [ "$took" -le "$worst" ] || worst=$took
        sleep 0.2
    done
    ended_flood || fail "the flood does not end"
    read -r median p999 most seconds lines <"$work/report"
    echo "1 GB in writes of $lines_a_write lines took $seconds s; a write $median ms (median), $p999 ms (p99.9), $most ms at most; worst status answer $worst ms, its program's start included"
    # A write of 60 kB waits until the reader has been there at least once, whatever it does.
    awk -v p="$p999" -v m="$most" -v l=$lines_a_write 'BEGIN { exit !((l > 40 || p <= 10) && m <= 100) }' || fail "a write was held up: p99.9 $p999 ms, at most $most ms"
    logs=$work/volume/.tmplbuild/pods/p/logs
    until_file "$logs/floods.log" " finished"
    total=$(cat "$logs"/floods.log* | wc -c)
    [ "$total" -le 20000000 ] || fail "$total bytes on disk, 20000000 allowed"
    [ "$total" -ge 14000000 ] || fail "only $total bytes on disk"
    for file in "$logs"/floods.log*; do
        [ "$(wc -c <"$file")" -le 5000000 ] || fail "$file has $(wc -c <"$file") bytes"
    done
    dropped=$("$ctl" status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["logs"]["dropped"])')
    echo "on disk $total bytes; $dropped of $lines lines dropped"
    python3 - "$logs" <<'PY' || fail "see above"
import glob, re, sys
# The oldest first; each line whole, numbers rising.
files = sorted(glob.glob(sys.argv[1] + "/floods.log*"), key=lambda f: -int(f.rpartition(".")[2]) if f[-1].isdigit() else 1)
number = 0
for file in files:
    text = open(file, newline="\n").read()
    if not text.endswith("\n"): sys.exit(f"{file} ends inside a line: {text[-100:]!r}")
    for line in text[:-1].split("\n"):
        m = re.fullmatch(r"[-0-9T:.]+Z (?:<(\d{9})-x{77}-\1>|finished|\[launcher\] .*|launcher: \d+ lines .*)", line)
        if m is None: sys.exit(f"an odd line in {file}: {line[:200]!r}")
        if not m[1]: continue
        n = int(m[1])
        if n <= number: sys.exit(f"{file}: line {n} comes after {number}")
        number = n
PY
    stop
done
