# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1800
# The launcher and tmpl-ctl on Debian 11, 12 and 13 as they are bootstrapped, and on a root that holds busybox and nothing else:
# services by user name, readiness, status, stop.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
. "$TMPLBUILD_SOURCE/tests/pid1/roots_lib.sh"
try() { # USER
    start
    until_log "web: ready after"
    until_log "web: I am $1"
    until_log "after: ready after"
    nsenter -t "$pid" -m -p chroot "$root" /opt/tmplbuild/tmpl-ctl status | grep -q "^web  *ready" || fail "no status in $root"
    stop
    echo "works on $(basename "$root")"
}
pod '[{"name":"web","user":"nobody","command":["/bin/sh","-c","echo I am $(id -u); exec sleep 60"],"ready":{"log":"I am"}},
      {"name":"after","needs":["web"],"command":["sleep","60"]}]'
busybox_root sh id sleep
try 99
for suite in $suites; do
    debian_root "$suite" "$suite"
    try 65534
done
