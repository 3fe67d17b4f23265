# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# serial: yes
# A volume frozen with fsfreeze: services run on, reaping takes no longer, and TERM ends the pod as always.
. "$TMPLBUILD_SOURCE/tests/pid1/lib.sh"
need fsfreeze mkfs.ext4 losetup
truncate -s 32M "$work/disk"
mkfs.ext4 -q "$work/disk"
mount -o loop "$work/disk" "$work/volume" 2>/dev/null || skip "may not mount a loop device"
thaw() { fsfreeze -u "$work/volume" 2>/dev/null; umount -l "$work/volume"; }
cleanups=thaw
export RUNPOD_POD_ID=p
pod '[{"name":"talks","command":["sh","-c","echo up; while :; do sleep 0.05; echo \"tick $(date +%s%N)\"; done"]},
      {"name":"floods","command":["sh","-c","sleep 2; '"$flood"' 100000; echo flooded; exec sleep 60"]}]'
start
until_file "$work/volume/.tmplbuild/pods/p/logs/talks.log" "tick"
fsfreeze -f "$work/volume"
begin=$(now_ms)
until_log "floods: flooded"
[ $(($(now_ms) - begin)) -lt 5000 ] || fail "a service was held up"
until_log "launcher: log files: the disk does not take them in time"
# An orphan is reaped at once: its PID is gone from the namespace.
nsenter -t "$pid" -m -p sh -c '(sleep 0.05 &)'
sleep 0.2
zombies=$(ps -o state= --ppid "$pid" | grep -c Z || true)
[ "$zombies" = 0 ] || fail "$zombies zombies"
begin=$(now_ms)
kill -TERM "$pid"
# A frozen writer cannot finish exiting, so the namespace outlives the launcher's last call: the services are what counts.
services_gone() { [ "$(pgrep -P "$pid" -c sh || true)" = 0 ]; }
until_true services_gone
[ $(($(now_ms) - begin)) -lt 9000 ] || fail "the stop took too long"
sleep 1
fsfreeze -u "$work/volume"
ended 0
