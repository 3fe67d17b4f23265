# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# Progress on a real terminal (tmux): one line for each running step with its time, bytes and last output; a failed
# step's end; NO_COLOR; a window that changes its size; a stop; and nothing left over in any of these.
set -eu
command -v tmux >/dev/null || { echo "skipped: tmux is not here"; exit 77; }
work=$(mktemp -d)
socket=tmplbuild-test-$$
t() { tmux -u -L "$socket" -f /dev/null "$@"; }
trap 't kill-server 2>/dev/null || true; rm -rf "$work"' EXIT
demo=$TMPLBUILD_BIN/../tests/progress_demo
screen() { t capture-pane -p -t s "$@" | sed -e 's/ *$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }
all() { screen -S -; } # what scrolled away too
fail() {
    echo "FAILED: $*" >&2
    all >&2
    exit 1
}
# run WIDTH HEIGHT COMMAND: in a fresh terminal that stays open.
run() {
    t kill-session -t s 2>/dev/null || true
    # A server whose last session was ended may still be on its way out.
    for _ in $(seq 10); do
        ! LC_ALL=C.UTF-8 t new-session -d -s s -x "$1" -y "$2" "$3; sleep 60" 2>"$work/tmux" || return 0
        sleep 0.2
    done
    fail "tmux: $(cat "$work/tmux")"
}
wait_for() { # PATTERN: at most 20 s
    for _ in $(seq 100); do
        all | grep -q -- "$1" && return
        sleep 0.2
    done
    fail "'$1' never came"
}
lines() { screen | grep -c -- "$1" || true; }

# --- two steps side by side ------------------------------------------------------------------------------------------
run 80 20 "$demo auto steps 2"
wait_for "1\.[0-9] s  base"
[ "$(lines ' s  base: installing  | Get: 8% of a line')" = 1 ] || fail "no line of the first step"
[ "$(lines ' s  python:/opt/venv: laying down  [0-9.]* MB of 2.0 GB$')" = 1 ] || fail "no line with bytes"
[ "$(screen | wc -l)" = 3 ] || fail "more than one line a step"
screen | grep -q '7%' && fail "a progress bar's earlier state is shown"
[ "$(screen | awk '{ if (length > m) m = length } END { print m }')" -le 79 ] || fail "a line is wider than the window"
wait_for "^ended"
all >"$work/screen"
cat >"$work/expected" <<'END'
files:site: cached (the site)
base: built in 2.0 s
a warning
python:/opt/venv: built in 2.0 s (2 GB)
ended
END
diff "$work/expected" "$work/screen" || fail "something was left over"
t capture-pane -p -e -t s | grep -q "$(printf '\033\\[32m').*base: built" || fail "no colour"

# --- a window that becomes narrow, and wide again ---------------------------------------------------------------------
# The window is full before: tmux moves rows that a narrower window makes into its history while there is room below.
run 100 20 "seq 1 30; $demo auto steps 4"
wait_for " s  base: installing"
sleep 0.3
for width in 45 30 120; do
    t resize-window -t s -x $width -y 20
    sleep 0.7
    [ "$(all | grep -c ' s  base: installing')" = 1 ] && [ "$(all | grep -c ' s  python:/opt/venv: la')" = 1 ] && [ "$(all | wc -l)" = 33 ] ||
        fail "a window of $width columns shows something else than three lines"
done
wait_for "^ended"
seq 1 30 | cat - "$work/expected" >"$work/expected30"
all | sed 's/4\.0 s/2.0 s/' | diff "$work/expected30" - || fail "the resized window has something left over"

# --- more steps than rows, a step that never ends, late lines ---------------------------------------------------------
run 60 10 "$demo auto many 1"
wait_for "and 32 more"
[ "$(lines ' s  step')" = 8 ] || fail "not eight steps are shown"
wait_for "^ended"
[ "$(all | grep -c '^step[0-9]*: built')" = 40 ] || fail "not all forty steps ended"
[ "$(all | wc -l)" = 41 ] || fail "something of the forty steps was left over"
run 60 10 "$demo auto late 1.5"
wait_for " s  never-ends"
sleep 0.7
[ "$(screen | wc -l)" = 2 ] || fail "a late line brought a step back"
wait_for "^ended"
printf 'a: built in 1.5 s\nresult 1\nresult 2\nended\n' | diff - <(all) || fail "results were overwritten, or late lines shown"

# --- a failure --------------------------------------------------------------------------------------------------------
run 80 50 "$demo auto fail 0.5"
wait_for "^ended"
all >"$work/screen"
[ "$(head -n 1 "$work/screen")" = "run:bad: failed in 0.5 s" ] || fail "the failed step is not named first"
grep -q "^error: the command failed (exit 3)" "$work/screen" || fail "no error"
grep -q "… 70 lines before" "$work/screen" || fail "nobody says that lines were left out"
[ "$(grep -c '^    output ' "$work/screen")" = 30 ] || fail "not the last thirty lines"
tail -n 3 "$work/screen" | head -n 2 | tr '\n' '|' | grep -q '^    output 100|  hint: look at the last line|' || fail "the end is not the output's end and the hint"
t capture-pane -p -e -t s | grep -q "$(printf '\033\\[7m')" && fail "a tool's escape sequence reached the terminal"
run 80 50 "$demo plain fail 0.1"
wait_for "^ended"
[ "$(all | grep -c '^    .*output ')" = 100 ] || fail "plain progress does not show the whole output"

# --- without colour, without a terminal -------------------------------------------------------------------------------
for environment in "NO_COLOR=1" "NO_COLOR=1 TERM=xterm-256color"; do
    run 80 20 "env $environment $demo auto fail 0.3"
    wait_for "^ended"
    t capture-pane -p -e -S - -t s | grep -q "$(printf '\033\\[')" && fail "colour in spite of $environment"
done
run 80 20 "env TERM=dumb $demo auto steps 0.3"
wait_for "^ended"
all | grep -q "^base: installing$" || fail "a dumb terminal does not get plain lines"
"$demo" auto steps 0.3 >"$work/out" 2>"$work/err"
grep -q "$(printf '[\033\r]')" "$work/err" && fail "escape sequences in a log"
grep -q "^base | Get: 8% of a line" "$work/err" || fail "no plain lines in a log"
"$demo" json steps 1 >/dev/null 2>"$work/json"
python3 -c 'import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
assert 3 <= sum(e["event"] == "bytes" for e in events) <= 8, events' "$work/json" || fail "JSON progress: $(head "$work/json")"

# --- a real build, stopped by Ctrl-C ----------------------------------------------------------------------------------
[ "$(id -u)" = 0 ] || exit 0
cp -r "$TMPLBUILD_SOURCE/examples/quickstart" "$work/a"
rm -f "$work/a/template.lock"
run 80 20 "TMPLBUILD_CACHE=$work/store $TMPLBUILD_BIN/tmplbuild build $work/a/template.toml -o oci:$work/a/out; echo ended with \$?"
wait_for " s  base: "
t send-keys -t s C-c
wait_for "^ended with 130"
[ "$(lines ' s  base: ')" = 0 ] || fail "a stopped build left its line"
all | grep -q '\^C' && fail "the echo of Ctrl-C was left"
exit 0
