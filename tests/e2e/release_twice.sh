# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 3600
# Two releases of one commit, compiled in folders of other names by people with other settings, have the same bytes; and no
# program in them names its folder.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
# made FOLDER UMASK ZONE LOCALE
made() {
    git clone -q "$TMPLBUILD_SOURCE" "$work/$1"
    (umask "$2" && cd "$work/$1" && TZ=$3 LC_ALL=$4 ./scripts/release --quick "$work/$1/files") >"$work/$1.log" 2>&1 ||
        fail "the release in $1: $(tail -n 20 "$work/$1.log")"
}
made one 022 UTC C.UTF-8
made another-folder 077 Asia/Tokyo POSIX
cmp "$work/one/files/SHA256SUMS" "$work/another-folder/files/SHA256SUMS" || {
    for folder in one another-folder; do
        mkdir "$work/$folder/tree"
        tar -C "$work/$folder/tree" -xzf "$work/$folder"/files/*.tar.gz
    done
    fail "two releases differ: $(diff -rq "$work/one/tree" "$work/another-folder/tree")"
}
tar -C "$work" -xzf "$work"/one/files/*.tar.gz
grep -rlF "$work" "$work"/tmplbuild-*/ >"$work/named" || true
[ ! -s "$work/named" ] || fail "the folder of the build is named in $(cat "$work/named")"
