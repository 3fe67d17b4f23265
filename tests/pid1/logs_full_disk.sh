# SPDX-License-Identifier: Apache-2.0
# A full and a read-only disk: services run on, lines are dropped whole and counted, stdout says so, and writing goes on
# when there is room again.
. "$TMPLBUILD_SOURCE/tests/pid1/lib.sh"
mount -t tmpfs -o size=400k none "$work/volume" 2>/dev/null || skip "may not mount a tmpfs"
unmount() { umount -l "$work/volume"; }
cleanups=unmount
export RUNPOD_POD_ID=p
pod '[{"name":"talks","command":["sh","-c","'"$flood"' 20000; echo filled; while :; do sleep 0.3; echo still here; done"]}]'
start
until_log "talks: filled"
until_log "launcher: log files: cannot write $work/volume/.tmplbuild/pods/p/logs/talks.log: No space left on device"
until_log "lines dropped"
until_log "talks: still here"
log=$work/volume/.tmplbuild/pods/p/logs/talks.log
! grep -vE '^[-0-9T:.]+Z (<([0-9]{6})-.*-\2>|still here|\[launcher\] .*|launcher: [0-9]+ lines could not be kept here)$' "$log" >"$work/odd" || fail "odd lines: $(head -n 3 "$work/odd")"
mount -o remount,size=40M "$work/volume"
until_log "launcher: log files: written again"
until_file "$log" "lines could not be kept here"
until_file "$log" "still here"
stop
# Read-only from the start: the container's own disk is taken; read-only as well: memory alone.
mount -o remount,ro "$work/volume"
mkdir "$work/var"
prepare="mount --bind $work/var /var/log"
start
until_log "launcher: log files are kept in /var/log/tmplbuild"
until_true test -s "$work/var/tmplbuild/talks.log"
stop
prepare="mount --bind $work/var /var/log; mount -o remount,bind,ro /var/log"
rm -rf "$work/var/tmplbuild"
start
until_log "lines are kept in memory only"
until_log "Read-only file system"
until_log "talks: still here"
stop
# No volume at all.
export TMPLBUILD_VOLUME=$work/nothing
prepare="mount --bind $work/var /var/log"
start
until_log "launcher: log files are kept in /var/log/tmplbuild"
[ ! -e "$work/nothing" ] || fail "the volume's folder was made"
stop
