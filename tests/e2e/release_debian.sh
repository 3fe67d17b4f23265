# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1800
# The release in fresh roots of Debian 11, 12 and 13, each in a privileged container: the archive plans, builds over a layout,
# and pushes; the package is installed by apt with what it depends on, does the same, and leaves nothing when it is removed.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/release_lib.sh"
make_release
mkdir "$work/b"
python3 "$TMPLBUILD_SOURCE/tests/fakes/random_layout.py" "$work/b/base" 1 "bin/sh=$(command -v busybox)" >/dev/null
cat >"$work/b/template.toml" <<'TOML'
schema = 1
console.enabled = false
name = "top"
base.layout = "base"
[[layers]]
use = "files"
name = "note"
source = "note"
dest = "/opt/note"
TOML
cat >"$work/b/look.toml" <<'TOML'
schema = 1
console.enabled = false
name = "look"
base.layout = "base"
layers = [{ use = "run", name = "look", script = "echo seen >/seen" }]
TOML
echo from below >"$work/b/note"
build "$work/b" >"$work/digest"
rm -rf "$work/b/out"
port=$(free_port)
start_registry "$work/registry" "$port"

# uses TOOL SUITE: what a CI job does with it; the image is the one that was made here. A command of a step needs a runc
# that Debian 11 does not have, which is said.
uses() {
    rm -rf "$work/$2/b" "$work/$2/store"
    cp -r "$work/b" "$work/$2/b"
    container "$work/$2" privileged "cd /b && $1 plan template.toml >/dev/null && $1 build template.toml -o oci:out --progress plain &&
        $1 inspect out >/dev/null && $1 push out docker://127.0.0.1:$port/$2:1 --progress plain" TMPLBUILD_CACHE=/store >"$work/said" 2>&1 ||
        fail "$1 in $2: $(tail -n 20 "$work/said")"
    [ "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/$2:1")" = "$(cat "$work/digest")" ] ||
        fail "$1 in $2 made another image"
    looked=0
    container "$work/$2" privileged "cd /b && $1 build look.toml -o oci:look --progress plain" TMPLBUILD_CACHE=/store >"$work/said" 2>&1 || looked=$?
    case $2-$looked in
        bullseye-3) grep -q "install runc 1.1 or newer" "$work/said" || fail "$1 in $2: $(tail -n 20 "$work/said")" ;;
        bookworm-0 | trixie-0) ;;
        *) fail "$1 in $2, with a command, ended with $looked: $(tail -n 20 "$work/said")" ;;
    esac
}
deb=tmplbuild_${version}_amd64.deb
depends=$(dpkg-deb -f "$work/dist/$deb" Depends | tr -d ,)
for suite in bullseye bookworm trixie; do
    # shellcheck disable=SC2086
    debian_root "$suite" "$work/$suite" $depends runc
    mkdir "$work/$suite/t"
    tar -C "$work/$suite/t" -xzf "$work/dist/$release_name.tar.gz"
    uses "/t/$release_name/bin/tmplbuild" "$suite"
    rm -rf "$work/$suite/t"

    cp "$work/dist/$deb" "$work/$suite/"
    find "$work/$suite/usr" | sort >"$work/before"
    container "$work/$suite" plain "apt-get -qq install --no-install-recommends /$deb && dpkg --verify tmplbuild" \
        DEBIAN_FRONTEND=noninteractive >"$work/said" 2>&1 || fail "apt in $suite: $(cat "$work/said")"
    uses tmplbuild "$suite"
    container "$work/$suite" plain "apt-get -qq purge tmplbuild" >"$work/said" 2>&1 || fail "purge in $suite: $(cat "$work/said")"
    find "$work/$suite/usr" | sort | diff "$work/before" - >"$work/left" || fail "in $suite removal left $(cat "$work/left")"
    rm -rf "${work:?}/$suite"
done
# Without what it depends on, dpkg says so.
debian_root bookworm "$work/bare"
cp "$work/dist/$deb" "$work/bare/"
expect 1 "depends on mmdebstrap" container "$work/bare" plain "dpkg -i /$deb"

# Debian's own checker, where it is installed.
command -v lintian >/dev/null || { echo "lintian is not here, so it was not asked"; exit 0; }
lintian --fail-on error,warning "$work/dist/$deb" >"$work/said" 2>&1 || fail "lintian: $(cat "$work/said")"
