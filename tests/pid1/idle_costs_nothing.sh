# SPDX-License-Identifier: Apache-2.0
# A pod where nothing happens costs nothing: no wake-up of the launcher and its writer, little memory, a small program.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
# serial: yes
pod '[{"name":"a","command":["sleep","600"]},{"name":"b","command":["sleep","600"]},{"name":"c","command":["sleep","600"]},{"name":"d","command":["sleep","600"]},
      {"name":"e","command":["sleep","600"]},{"name":"f","command":["sleep","600"]},{"name":"g","command":["sleep","600"]},{"name":"h","command":["sleep","600"]}]'
start
for one in a b c d e f g h; do until_log "$one: ready after"; done
until_file "$work/volume/installation_progress.log" "h: ready after"
writer=$(pgrep -P "$pid" log-writer)
wakes() { cat "/proc/$pid/status" "/proc/$writer/status" | awk '/ctxt_switches/ { n += $2 } END { print n }'; }
sleep 0.5
before=$(wakes)
sleep 5
[ "$(wakes)" = "$before" ] || fail "$(($(wakes) - before)) context switches in 5 s of doing nothing"
pss=$(cat "/proc/$pid/smaps_rollup" "/proc/$writer/smaps_rollup" | awk '/^Pss:/ { n += $2 } END { print n }')
size=$(stat -c %s "$launcher")
echo "launcher and writer: $pss kB PSS, program of $size bytes"
if ! ldd "$launcher" >/dev/null 2>&1; then   # not under a sanitizer
    [ "$pss" -le 2048 ] || fail "$pss kB of memory"
    # A development build keeps functions that nothing calls.
    limit=3145728
    ! grep -qs '^CMAKE_BUILD_TYPE:STRING=Release' "$TMPLBUILD_BIN/../CMakeCache.txt" || limit=2097152
    [ "$size" -le "$limit" ] || fail "the program has $size bytes"
fi
stop
