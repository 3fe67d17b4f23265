# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# Two clean stores, another folder, umask, time zone and locale: one image digest, the Debian base included.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
example "$work/a"
first=$(build "$work/a")
mkdir -p "$work/deep/er"
example "$work/deep/er/b"
cp "$work/a/template.lock" "$work/deep/er/b/template.lock"
chmod -R go-rwx "$work/deep"
second=$(umask 077; TZ=Pacific/Chatham LC_ALL=C LANG=de_DE.UTF-8 TMPLBUILD_CACHE=$work/store \
    "$tmplbuild" build "$work/deep/er/b/template.toml" -o "oci:$work/deep/out" --progress plain 2>"$work/log" | head -n 1) ||
    fail "$(tail "$work/log")"
[ "$first" = "$second" ] || fail "$first is not $second"
