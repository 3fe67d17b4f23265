# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1800
# The bundle of the downloads on Debian 11, 12 and 13 as they are bootstrapped, and on a root that holds busybox and nothing
# else: all that downloads.sh asks of it here.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
. "$TMPLBUILD_SOURCE/tests/pid1/roots_lib.sh"
need python3 unshare
try() {
    rm -rf "$root/opt/tmplbuild/download" "$work/downloads"
    cp -r "$TMPLBUILD_BIN/../libexec/download" "$root/opt/tmplbuild/download"
    mkdir "$work/downloads"
    ROOT=$root unshare -m sh -c "$prepare; exec \"\$@\"" sh python3 -B "$TMPLBUILD_SOURCE/tests/download/check.py" \
        "$work/downloads" chroot "$root" /opt/tmplbuild/download/ld-linux-x86-64.so.2 --inhibit-cache \
        --library-path /opt/tmplbuild/download /opt/tmplbuild/download/tmplbuild-download \
        --certificates /opt/tmplbuild/download/ca-certificates.crt >"$work/said" 2>&1 || fail "on $root: $(cat "$work/said")"
    echo "works on $(basename "$root")"
}
busybox_root sh
try
for suite in $suites; do
    debian_root "$suite" "$suite"
    try
done
