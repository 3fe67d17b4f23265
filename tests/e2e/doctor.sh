# SPDX-License-Identifier: Apache-2.0
# `doctor` says what this machine has, and of what is taken away here what needs it and how it comes back: exit 0, or 3.
set -eu
tmplbuild=${TMPLBUILD_BIN:?}/tmplbuild
[ "$(id -u)" = 0 ] || { echo "skipped: taking things away needs root"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPLBUILD_CACHE=$work/store
fail() { echo "FAILED: $*" >&2; exit 1; }
# seen CODE COMMAND…: its JSON goes to $work/out.
seen() {
    code=$1 got=0
    shift
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$code" ] || fail "'$*' ended with $got, expected $code: $(cat "$work/out" "$work/err")"
}
missing() { jq -r '.[] | select(.state == "missing") | .what' "$work/out" | sort | tr '\n' ' '; }

seen 0 "$tmplbuild" doctor --json
[ -z "$(missing)" ] || fail "this machine builds images and is said to lack: $(missing)"
jq -e 'all(.needed_for != "" and .detail != "" and (.state == "good") == (.fix == ""))' "$work/out" >/dev/null || fail "$(cat "$work/out")"
[ -z "$(ls "$TMPLBUILD_CACHE/tmp")" ] || fail "it leaves files: $(ls "$TMPLBUILD_CACHE/tmp")"
"$tmplbuild" doctor | grep -q '^ok  *git ' || fail "$("$tmplbuild" doctor)"

# Programs that are not there: something that cannot be run lies over them, in a mount namespace of this command's own.
cat >"$work/without" <<'S'
while [ "$1" != -- ]; do
    mount --bind /dev/null "$(readlink -f "$(command -v "$1")")" || exit 9
    shift
done
shift
exec "$@"
S
seen 3 unshare -m sh "$work/without" runc mmdebstrap git -- "$tmplbuild" doctor --json
[ "$(missing)" = "git mmdebstrap runc " ] || fail "missing: $(missing)"
jq -e '.[] | select(.what == "runc") | .fix == "apt-get install runc"' "$work/out" >/dev/null || fail "$(cat "$work/out")"
seen 3 unshare -m sh "$work/without" runc -- "$tmplbuild" doctor
grep -A2 '^MISSING *runc' "$work/out" | grep -q 'to mend it: apt-get install runc' || fail "$(cat "$work/out")"

# A user: root is missing, and what root alone can mount.
mkdir "$work/of-user"
chmod 755 "$work"
chown 1000:1000 "$work/of-user"
seen 3 setpriv --reuid 1000 --regid 1000 --clear-groups env HOME="$work/of-user" TMPLBUILD_CACHE="$work/of-user/store" "$tmplbuild" doctor --json
[ "$(missing)" = "overlay mounts root " ] || fail "missing: $(missing)"

# No place for a store: one thing is said.
TMPLBUILD_CACHE=/proc/nowhere seen 3 "$tmplbuild" doctor --json
[ "$(missing)" = "store " ] || fail "missing: $(missing)"

# A runc that is too old for builds counts as none.
mkdir "$work/old"
printf '#!/bin/sh\necho "runc version 1.0.0~rc93"\n' >"$work/old/runc"
chmod +x "$work/old/runc"
PATH=$work/old:$PATH seen 3 "$tmplbuild" doctor --json
[ "$(missing)" = "runc " ] || fail "missing: $(missing)"
