# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# needs: base
# A third party's repository with a key of its own: its packages are taken when its lists are signed with that key, and
# with another key, an expired one, unsigned, outdated or changed lists every build ends with the reason.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
for tool in gpg dpkg-deb dpkg-scanpackages gzip; do command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }; done
own_store

export GNUPGHOME="$work/gpg"
mkdir -m 700 "$GNUPGHOME"
# key NAME [DATE]: a new key, made then, that expires a day later.
key() {
    if [ $# = 2 ]; then set -- "$1" 1d --faked-system-time "$2"; else set -- "$1" never; fi
    name=$1 expires=$2
    shift 2
    gpg --batch --quiet --passphrase '' --pinentry-mode loopback "$@" --quick-generate-key "$name <$name@example.test>" \
        rsa3072 sign "$expires" 2>"$work/gpg.log" || fail "gpg: $(cat "$work/gpg.log")"
}
key good
key other
key old 20200101T000000
mkdir -p "$work/deb/DEBIAN" "$work/deb/opt" "$work/www/pool"
echo "from the third party" >"$work/deb/opt/third"
printf 'Package: tmplbuild-third\nVersion: 1.2-3\nArchitecture: all\nMaintainer: T <t@example.test>\nDescription: a test\n' >"$work/deb/DEBIAN/control"
dpkg-deb --root-owner-group -Zxz --build "$work/deb" "$work/www/pool" >/dev/null
# release KEY [DATE [VALID-UNTIL]]: the lists, signed.
release() {
    (cd "$work/www" && dpkg-scanpackages --multiversion pool 2>/dev/null >Packages && gzip -nkf Packages
     {
         printf 'Origin: Third\nSuite: stable\nCodename: stable\nArchitectures: all amd64\nDate: %s\n' "$(LC_ALL=C date -u -R)"
         if [ $# -gt 2 ]; then printf 'Valid-Until: %s\n' "$3"; fi
         printf 'SHA256:\n'
         for list in Packages Packages.gz; do printf ' %s %s %s\n' "$(sha256sum "$list" | cut -d' ' -f1)" "$(stat -c %s "$list")" "$list"; done
     } >Release
     rm -f InRelease Release.gpg
     set -- "$1" ${2:+--faked-system-time "$2"}
     who=$1
     shift
     gpg --batch --yes --quiet --pinentry-mode loopback --passphrase '' "$@" -u "$who@example.test" --clearsign -o InRelease Release)
}
cat >"$work/server" <<'PY'
import functools, http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=sys.argv[1]))
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 "$work/server" "$work/www" >"$work/port" &
server=$!
trap 'kill $server; gpgconf --kill all 2>/dev/null; tidy' EXIT
for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.1; done

example "$work/a"
mkdir "$work/a/keys"
gpg --batch --armor --export good@example.test >"$work/a/keys/good.asc"
gpg --batch --export good@example.test >"$work/a/keys/good.gpg"
gpg --batch --armor --export other@example.test >"$work/a/keys/other.asc"
gpg --batch --armor --export old@example.test >"$work/a/keys/old.asc"
cat >>"$work/a/template.toml" <<TOML
[[layers]]
use = "apt"
packages = ["tmplbuild-third"]
[[repositories]]
name = "third"
uri = "http://127.0.0.1:$(cat "$work/port")/"
suite = "./"
key = "keys/good.asc"
TOML
cp "$work/a/template.toml" "$work/a/template.lock" "$work/"
# refused KEY TEXT: nothing is locked, and the reason is told.
refused() {
    cp "$work/template.lock" "$work/a/"
    sed "s|^key = .*|key = \"keys/$1\"|" "$work/template.toml" >"$work/a/template.toml"
    code=0
    "$tmplbuild" lock "$work/a/template.toml" --progress plain >"$work/out" 2>&1 || code=$?
    [ "$code" != 0 ] || fail "a list signed otherwise than with $1 was taken"
    ! grep -q tmplbuild-third "$work/a/template.lock" || fail "its package was locked with $1"
    grep -q "$2" "$work/out" || fail "with $1: $(tail -n 8 "$work/out")"
}
release good
refused none.asc "none.asc"
refused other.asc "NO_PUBKEY"
release old 20200101T100000
refused old.asc "EXPKEYSIG"
# A machine's own apt may be told not to look at this.
if ! apt-config dump | grep -q '^Acquire::Check-Valid-Until "false"'; then
    release good '' 'Sat, 01 Jan 2022 00:00:00 UTC'
    refused good.asc "xpired"
fi
release good
rm "$work/www/InRelease"
refused good.asc "not signed"
release good
sed -i 's/1\.2-3/1.2-4/' "$work/www/Packages"; gzip -nkf "$work/www/Packages"
refused good.asc "not what the repository's signed list says"

# Signed with the key that the template names, as text and as it is kept: taken.
release good
for form in good.gpg good.asc; do
    cp "$work/template.lock" "$work/a/"
    sed "s|^key = .*|key = \"keys/$form\"|" "$work/template.toml" >"$work/a/template.toml"
    "$tmplbuild" lock "$work/a/template.toml" --progress plain >"$work/out" 2>&1 || fail "with $form: $(tail -n 8 "$work/out")"
    grep -q tmplbuild-third "$work/a/template.lock" || fail "its package is not locked"
done
build "$work/a" --set image.compression=gzip >/dev/null
for blob in "$work"/a/out/blobs/sha256/*; do zcat "$blob" 2>/dev/null | tar -xO opt/third 2>/dev/null || true; done >"$work/found"
grep -qx "from the third party" "$work/found" || fail "its package is not in the image"
! grep -rq example.test "$work/a/template.lock" || fail "the key is in the lock"
