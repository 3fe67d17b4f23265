# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1800
# The launcher and tmpl-ctl on Debian 11, 12 and 13 as they are bootstrapped, and on a root that holds busybox and nothing else:
# services by user name, readiness, status, stop.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need mmdebstrap dpkg-deb apt-get
[ "$(id -u)" = 0 ] || skip "chroot needs root"
site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
[ -n "$site" ] || skip "apt knows no site"
own_launcher=$launcher
own_ctl=$ctl
try() { # ROOT USER
    root=$1
    mkdir -p "$root/proc" "$root$work" "$root/opt/tmplbuild" "$root/run" "$root/tmp" "$root/dev"
    cp "$own_launcher" "$root/opt/tmplbuild/launcher"
    cp "$own_ctl" "$root/opt/tmplbuild/tmpl-ctl"
    prepare="mount -t proc proc $root/proc; mount --bind $work $root$work; mount --rbind /dev $root/dev"
    runner="chroot $root"
    launcher=/opt/tmplbuild/launcher
    start
    until_log "web: ready after"
    until_log "web: I am $2"
    until_log "after: ready after"
    nsenter -t "$pid" -m -p chroot "$root" /opt/tmplbuild/tmpl-ctl status | grep -q "^web  *ready" || fail "no status in $root"
    stop
    echo "works on $(basename "$root")"
}
chmod 755 "$work"
pod '[{"name":"web","user":"nobody","command":["/bin/sh","-c","echo I am $(id -u); exec sleep 60"],"ready":{"log":"I am"}},
      {"name":"after","needs":["web"],"command":["sleep","60"]}]'
bare=$work/busybox
mkdir -p "$bare/bin" "$bare/etc"
(cd "$work" && apt-get download -qq busybox-static && dpkg-deb -x busybox-static_*.deb unpacked) || skip "apt cannot be reached"
cp "$work/unpacked/bin/busybox" "$bare/bin/"
for tool in sh id sleep; do ln -s busybox "$bare/bin/$tool"; done
echo 'nobody:x:99:99::/:/bin/sh' >"$bare/etc/passwd"
try "$bare" 99
roots=$TMPLBUILD_BIN/../test-roots
mkdir -p "$roots"
for suite in bullseye bookworm trixie; do
    if [ ! -d "$roots/$suite" ]; then
        rm -rf "$roots/$suite.new"
        mmdebstrap --quiet --mode=root --variant=essential --skip=check/signed-by "$suite" "$roots/$suite.new" "$site" >"$work/log" 2>&1 ||
            fail "mmdebstrap of $suite from apt's own site"
        mv "$roots/$suite.new" "$roots/$suite"
    fi
    try "$roots/$suite" 65534
done
