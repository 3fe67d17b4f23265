# SPDX-License-Identifier: Apache-2.0
# A read-only root, a user without rights, no-new-privileges and no volume: services run, the state is kept in memory, and what
# cannot be had is said.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need setpriv
pod '[{"name":"web","command":["sh","-c","id -u; grep NoNewPrivs /proc/self/status; exec sleep 60"]},
      {"name":"other","user":"nobody","command":["true"],"restart":{"policy":"never"}}]'
chmod 755 "$work"
export TMPLBUILD_VOLUME=$work/nothing
unset TMPLBUILD_RUN_DIR
prepare="mount --make-rprivate /; for at in / /run /tmp /dev/shm /var /var/log; do mount --bind \$at \$at 2>/dev/null && mount -o remount,bind,ro \$at 2>/dev/null; done; true"
runner="setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs --inh-caps=-all"
start
until_log "web: 1000"
until_log "web: NoNewPrivs:	1"
until_log "launcher: tmpl-ctl cannot be used:"
until_log "lines are kept in memory only"
until_log "other: failed: cannot"
stop
# A folder of its own is enough for tmpl-ctl.
mkdir "$work/mine"
chown 1000 "$work/mine"
prepare=:
export TMPLBUILD_RUN_DIR=$work/mine
start
until_true test -S "$work/mine/control.sock"
"$ctl" status | grep -q "^web *ready" || fail "no status"
stop
