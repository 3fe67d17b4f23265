# SPDX-License-Identifier: Apache-2.0
# Shared by the pid1 tests of other bases, after lib.sh: roots of Debian 11, 12 and 13, made once for each build tree, and
# one that holds busybox and nothing else. $suites: their names.
need mmdebstrap dpkg-deb apt-get
[ "$(id -u)" = 0 ] || skip "chroot needs root"
site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
[ -n "$site" ] || skip "apt knows no site"
suites="bullseye bookworm trixie"
# debian_root SUITE NAME [PACKAGES]: the folder in $root; packages separated by commas.
debian_root() {
    root=$TMPLBUILD_BIN/../test-roots/$2
    mkdir -p "$TMPLBUILD_BIN/../test-roots"
    if [ ! -d "$root" ]; then
        rm -rf "$root.new"
        mmdebstrap --quiet --mode=root --variant=essential --skip=check/signed-by ${3:+"--include=$3"} "$1" "$root.new" "$site" \
            >"$work/log" 2>&1 || fail "mmdebstrap of $1 from apt's own site"
        mv "$root.new" "$root"
    fi
    enter "$root"
}
# busybox_root TOOL...: with these links; the folder in $root.
busybox_root() {
    root=$work/busybox
    mkdir -p "$root/bin" "$root/etc"
    (cd "$work" && apt-get download -qq busybox-static && dpkg-deb -x busybox-static_*.deb unpacked) || skip "apt cannot be reached"
    cp "$work/unpacked/bin/busybox" "$root/bin/"
    for tool; do ln -s busybox "$root/bin/$tool"; done
    echo 'nobody:x:99:99::/:/bin/sh' >"$root/etc/passwd"
    enter "$root"
}
# enter ROOT: what starts next starts there, with this test's folder at its own path.
enter() {
    root=$(realpath "$1")
    mkdir -p "$root/proc" "$root$work" "$root/opt/tmplbuild" "$root/run" "$root/tmp" "$root/dev"
    cp "$own_launcher" "$root/opt/tmplbuild/launcher"
    cp "$own_ctl" "$root/opt/tmplbuild/tmpl-ctl"
    prepare="mount -t proc proc $root/proc; mount --bind $work $root$work; mount --rbind /dev $root/dev"
    runner="chroot $root"
    launcher=/opt/tmplbuild/launcher
}
own_launcher=$launcher
own_ctl=$ctl
chmod 755 "$work"
