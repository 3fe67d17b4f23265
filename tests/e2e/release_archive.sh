# SPDX-License-Identifier: Apache-2.0
# The release archive in a root that has nothing but busybox: it is checked and unpacked there, knows its version, plans,
# reads an image, pushes it, and says what a build lacks. Whatever it starts has no variable of its loader, certificates
# are the machine's, else its own, and its list of packages is what lies in it.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/release_lib.sh"
command -v busybox >/dev/null || { echo "skipped: busybox is not here"; exit 77; }
make_release
# As README says.
sed -n '/^## Get it$/,/^Or compile/{/^```$/,/^```$/{/^```/d;p}}' "$TMPLBUILD_SOURCE/README.md" >"$work/readme"
[ "$(wc -l <"$work/readme")" = 3 ] || fail "README gets it by $(cat "$work/readme")"
(cd "$work/dist" && sh -eu "$work/readme") >"$work/said" 2>&1 || fail "README's commands: $(cat "$work/said")"
grep -qx "tmplbuild $version" "$work/said" || fail "README's commands say $(cat "$work/said")"
busybox_root "$work/root"
cp "$work/dist/$release_name.tar.gz" "$work/dist/SHA256SUMS" "$work/root/w/"
inside "$work/root" "/bin/busybox grep tar.gz SHA256SUMS | sha256sum -c && tar xzf $release_name.tar.gz" \
    >"$work/said" 2>&1 || fail "unpacking: $(cat "$work/said")"
tool=/w/$release_name/bin/tmplbuild tree=$work/root/w/$release_name

# Every file of a package is said with that package's version, by what dpkg says of the file here with the same bytes; and
# what a file says of itself is what --version says.
inside "$work/root" "$tool --version" >"$work/version"
for file in "$tree"/lib/*.so* "$tree"/libexec/gpu/*.so* "$tree"/libexec/gateway/*.so* "$tree"/libexec/download/*.so*; do
    name=${file##*/}
    here=$(realpath "$(ldconfig -p | awk -v name="$name" '$1 == name && /x86-64/ { print $NF; exit }')")
    cmp -s "$file" "$here" || fail "$name is not this machine's $here"
    owner=$(dpkg-query -S "$here" "${here#/usr}" 2>/dev/null | head -n 1)
    package=${owner%%:*}
    grep -qxF "  $package $(dpkg-query -W -f '${Version}' "$package")" "$work/version" || fail "--version does not name $name's $package"
done
grep -qxF "  uv $("$tree/libexec/uv" --version | cut -d ' ' -f 2)" "$work/version" || fail "--version does not name uv"
nginx_says=$("$tree/libexec/gateway/ld-linux-x86-64.so.2" --library-path "$tree/libexec/gateway" "$tree/libexec/gateway/nginx" -v 2>&1)
grep -q "^  nginx ${nginx_says##*/}-" "$work/version" || fail "--version does not name the nginx that says '$nginx_says'"
cmp -s "$tree/libexec/download/ca-certificates.crt" "$tree/share/tmplbuild/ca-certificates.crt" || fail "the downloads' certificates are others"
openssl_says=$(strings "$tree/lib/libcrypto.so.3" | sed -nE 's/^OpenSSL ([0-9.]+) .*/OpenSSL \1/p' | head -n 1)
grep -qxF "  $openssl_says" "$work/version" || fail "--version does not say '$openssl_says'"
for package in $(cut -d ' ' -f 1 "$tree/share/tmplbuild/packages" | grep -v '^uv$'); do
    [ -s "$tree/share/doc/tmplbuild/licences/$package" ] || fail "the licence of $package is missing"
done

# Questions about templates and images, with the files that ship with it, also where /proc is not mounted.
[ "$(inside "$work/root" "$tool gpus" | grep -c sageattention)" -gt 10 ] || fail "the recipes were not found"
[ "$(chroot "$work/root" "$tool" gpus | grep -c sageattention)" -gt 10 ] || fail "without /proc the recipes were not found"
# The loader reads its folder as a list, so a path with a colon is refused in words.
mkdir "$work/root/w/a:b"
cp -r "$tree" "$work/root/w/a:b/"
expect 3 "move the whole release to a folder without them" inside "$work/root" "/w/a:b/$release_name/bin/tmplbuild --version"
rm -r "$work/root/w/a:b"
example "$work/a"
build "$work/a" >"$work/digest"
cp -r "$work/a" "$work/root/w/small"
inside "$work/root" "$tool plan small/template.toml" >"$work/said" || fail "plan: $(cat "$work/said")"
grep -q '^files:site' "$work/said" || fail "plan says $(cat "$work/said")"
inside "$work/root" "$tool inspect small/out" | grep -q "$(cat "$work/digest")" || fail "inspect does not name the image"
port=$(free_port)
start_registry "$work/registry" "$port"
inside "$work/root" "$tool push small/out docker://127.0.0.1:$port/small:1 --progress plain" >"$work/said" 2>&1 || fail "push: $(cat "$work/said")"
[ "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/small:1")" = "$(cat "$work/digest")" ] ||
    fail "the registry has another image"
# What a build needs of the machine is said by name.
printf 'schema = 1\nname = "top"\nconsole.enabled = false\nbase.layout = "small/out"\n' >"$work/root/w/top.toml"
expect 3 'install the package runc' inside "$work/root" "$tool build top.toml --progress plain"

# What it starts has the environment that it was started with, and no library of somebody else's is loaded into it.
printf '#!/bin/sh\nenv >/w/seen; exit 1\n' >"$work/root/bin/git"
chmod +x "$work/root/bin/git"
cat >"$work/root/w/git.toml" <<'TOML'
schema = 1
console.enabled = false
name = "git"
base.layout = "small/out"
[[layers]]
use = "git"
name = "code"
url = "https://registry.invalid/code"
rev = "1111111111111111111111111111111111111111"
dest = "/opt/code"
TOML
inside "$work/root" "! $tool lock git.toml" LD_LIBRARY_PATH=/w/theirs LD_PRELOAD=/w/none.so >"$work/said" 2>&1 || fail "a git that fails locked"
[ -f "$work/root/w/seen" ] || fail "git was not started: $(cat "$work/said")"
! grep -q 'none.so' "$work/said" || fail "a library was preloaded: $(cat "$work/said")"
grep '^LD_' "$work/root/w/seen" >"$work/seen" || true
echo LD_LIBRARY_PATH=/w/theirs | cmp - "$work/seen" || fail "git's loader was told $(cat "$work/seen")"

# A registry by https: the release's own authorities count where the machine has none, and the machine's where it has some.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
}
authority known
authority other
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=127.0.0.1 -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
printf 'subjectAltName=IP:127.0.0.1\n' >"$work/extension"
openssl x509 -req -days 2 -in "$work/tls.csr" -CA "$work/known.pem" -CAkey "$work/known.key" -CAcreateserial -extfile "$work/extension" \
    -out "$work/tls.pem" 2>/dev/null
port=$(free_port)
REGISTRY_HTTP_TLS_CERTIFICATE=$work/tls.pem REGISTRY_HTTP_TLS_KEY=$work/tls.key start_registry "$work/registry" "$port"
own=$tree/share/tmplbuild/ca-certificates.crt
asked="$tool inspect docker://127.0.0.1:$port/small:1"
[ "$(grep -c 'BEGIN CERTIFICATE' "$own")" -gt 50 ] || fail "the release has no certificates"
expect 4 "certificate" inside "$work/root" "$asked"
cat "$work/known.pem" >>"$own"
inside "$work/root" "$asked" | grep -q "$(cat "$work/digest")" || fail "the release's own authorities were not asked"
mkdir -p "$work/root/etc/ssl/certs"
cp "$work/other.pem" "$work/root/etc/ssl/certs/ca-certificates.crt"
expect 4 "certificate" inside "$work/root" "$asked"
cp "$work/known.pem" "$work/root/etc/ssl/certs/ca-certificates.crt"
inside "$work/root" "$asked" | grep -q "$(cat "$work/digest")" || fail "the machine's authorities were not asked"

# Without its parts it says which are missing.
mv "$tree/lib" "$tree/gone"
expect 3 "unpack the whole release" inside "$work/root" "$tool --version"
