# SPDX-License-Identifier: Apache-2.0
# Log files: dated lines, an exact cap with rotation, no torn line, secrets masked; the progress log has one dated line an event.
. "$TMPLBUILD_SOURCE/tests/pid1/lib.sh"
export HF_TOKEN=hf_abcdefghij POD_SECRET="$(printf 'line-one-secret\nline-two-secret')" RUNPOD_POD_ID=pod/1
pod '[{"name":"talks","command":["sh","-c","i=0; while [ $i -lt 6000 ]; do echo \"<$i-this line is long enough to fill the files of this test soon-$i>\"; i=$((i+1)); done; echo token $HF_TOKEN; echo two $POD_SECRET; echo end; exec sleep 60"]},
      {"name":"noeol","command":["sh","-c","printf %s-half; sleep 0.2; printf done; exec sleep 60"],"restart":{"policy":"never"}}]' \
    ',"log_file_bytes":100000,"log_files":3'
start
until_log "talks: end"
logs=$work/volume/.tmplbuild/pods/pod_1/logs
until_file "$logs/talks.log" " end"
for file in talks.log talks.log.1 talks.log.2; do
    [ "$(stat -c %s "$logs/$file")" -le 100000 ] || fail "$file is too large"
    ! grep -vE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z (<([0-9]+)-.*-\2>|token|two|line|\*\*\*|\[launcher\]|end|launcher:)' "$logs/$file" >"$work/odd" || fail "odd lines: $(head -n 3 "$work/odd")"
done
[ ! -e "$logs/talks.log.3" ] || fail "one file too many"
[ "$(stat -c %s "$logs/talks.log.1")" -gt 99800 ] || fail "a file was left before it was full"
grep -q "token \*\*\*" "$logs/talks.log" || fail "the token is not masked on disk"
grep -q "two \*\*\* \*\*\*" "$logs/talks.log" || fail "a secret of two lines is not masked"
! grep -rqE "hf_abcdefghij|line-(one|two)-secret" "$work/log" "$work/volume" || fail "a secret was printed"
until_file "$work/volume/installation_progress.log" "talks: ready after"
! grep -vE '^\[20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} UTC\] [a-z]+: .' "$work/volume/installation_progress.log" || fail "an event without a date"
grep -q "launcher: log files are kept in $logs" "$work/log" || fail "the place of the logs is not told"
stop
grep -q " \[launcher\] ready after" "$logs/noeol.log" || fail "events are not in the service's file"
grep -q "half" "$logs/noeol.log" || fail "a line without an end was lost"
# The next launcher goes on in the same files, with a smaller cap.
pod '[{"name":"talks","command":["sh","-c","echo again; exec sleep 60"]}]' ',"log_file_bytes":100000,"log_files":2'
start
until_file "$logs/talks.log" " again"
[ ! -e "$logs/talks.log.2" ] || fail "an old file is over the new cap"
stop
# A file that cannot be written fails alone and says so. What is no UTF-8 is kept as it is, and tmpl-ctl shows it. A bar
# that is written over shows its newest state before it ends, and what it ended as. A short secret is said.
rm -rf "$work/volume/installation_progress.log" "$logs"
mkdir "$work/volume/installation_progress.log"
export BAR_TOKEN=abc INSTALL_ATT=$(printf '\377\376')
pod '[{"name":"talks","command":["sh","-c","printf \"caf\\\\351\\\\n\"; for i in $(seq 100); do echo line $i; sleep 0.01; done; echo end; exec sleep 60"]},
      {"name":"bar","command":["sh","-c","for i in $(seq 500); do printf \"\\r%s of 500\" $i; done; sleep 60"]},
      {"name":"flap","command":["true"],"restart":{"backoff_min_ms":200,"backoff_max_ms":200}}]' \
    ',"kernels":[{"name":"att","env_var":"INSTALL_ATT","install":"false"}]'
start
until_log "talks: end"
until_file "$logs/talks.log" " end"
[ "$(grep -c " line " "$logs/talks.log")" = 100 ] || fail "lines are missing in the file of a service beside one that cannot be written"
until_log "launcher: log files: cannot write $work/volume/installation_progress.log: Is a directory"
grep -q "$(printf 'caf\351')" "$logs/talks.log" || fail "bytes were changed on disk"
"$TMPLBUILD_BIN/tmpl-ctl" logs talks -n 1000 | grep -q "$(printf 'caf\357\277\275')" || fail "tmpl-ctl does not show a log with bytes that are no UTF-8"
"$TMPLBUILD_BIN/tmpl-ctl" status >/dev/null || fail "tmpl-ctl has no status where a value is no UTF-8"
until_log "bar: 500 of 500"
[ "$(grep -c "^bar: .* of 500" "$work/log")" -lt 5 ] || fail "each state of the bar is a line"
grep -q "launcher: the value of BAR_TOKEN is too short to be hidden" "$work/log" || fail "a secret that is not hidden is not said"
code=0
"$TMPLBUILD_BIN/tmpl-ctl" status >/dev/full 2>/dev/null || code=$?
[ "$code" = 1 ] || fail "tmpl-ctl status to a full disk exits with $code"
stop
