# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# Wrong input: one clear error, its exit code, and nothing half-written.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
own_store
example "$work/a"
build "$work/a" >/dev/null
t=$work/a/template.toml
expect 2 "none.toml" "$tmplbuild" build "$work/none.toml"
expect 2 "" "$tmplbuild" build
expect 2 "" "$tmplbuild" frobnicate
sed 's/^dest = /dst = /' "$t" >"$work/a/bad.toml"
expect 2 "did you mean 'dest'" "$tmplbuild" build "$work/a/bad.toml"
expect 2 "bad.toml:" "$tmplbuild" plan "$work/a/bad.toml"
sed 's/^source = "site"/source = "..\/..\/etc"/' "$t" >"$work/a/bad.toml"
expect 2 "bad.toml:" "$tmplbuild" build "$work/a/bad.toml"
sed 's/^debian = .*/image = "docker.io\/Library\/debian:12"/' "$t" >"$work/a/bad.toml"
expect 2 "is no repository" "$tmplbuild" build "$work/a/bad.toml"
expect 2 "bad.toml:" "$tmplbuild" plan "$work/a/bad.toml"
sed '/^public = true/d' "$t" >"$work/a/bad.toml"
expect 2 "has a port and no login before it" "$tmplbuild" plan "$work/a/bad.toml"
printf '\n[[layers]]\nuse = "run"\nname = "x"\ncommand = ["true"]\nsecrets = ["token"]\n' | cat "$t" - >"$work/a/secret.toml"
expect 2 "give its file with --secret token=FILE" "$tmplbuild" build "$work/a/secret.toml" --progress plain
expect 2 "NAME=FILE" "$tmplbuild" build "$work/a/secret.toml" --secret token
expect 2 "token" "$tmplbuild" build "$work/a/secret.toml" --secret "token=$work/none"
[ ! -e "$work/a/bad.lock" ] || fail "a refused template left a lock"
expect 4 "127.0.0.1:1" "$tmplbuild" build "$t" -o docker://127.0.0.1:1/x
expect 2 "is no GPU" "$tmplbuild" build "$t" --set 'targets.gpus=["RTX 4900"]'
mkdir "$work/full"
touch "$work/full/mine"
expect 1 "not an OCI layout" "$tmplbuild" build "$t" -o "oci:$work/full"
expect 2 "is what this template's own builds write" "$tmplbuild" build "$t" -o "oci:$work/a/site"
expect 2 "there is no image" "$tmplbuild" inspect "oci:$work/nowhere"
expect 2 "the plan has no step" "$tmplbuild" explain "$t" nothing
expect 0 "holds everything" "$tmplbuild" lock --check "$t"
expect 2 "no part 'bases'" "$tmplbuild" lock "$t" --update bases
expect 2 "TEMPLATE" "$tmplbuild" lock --update
expect 0 "template.lock" "$tmplbuild" lock --update "$t"
expect 0 "template.lock" "$tmplbuild" lock --update base "$t"
sed -i 's/"python3-minimal", /"python3-minimal", "mawk", /' "$t"
expect 1 "lacks base" "$tmplbuild" lock --check "$t"
sed -i 's/"mawk"/"no-such-package-at-all"/' "$t"
expect 2 "no-such-package-at-all" "$tmplbuild" build "$t" --progress plain
echo '{' >"$work/a/template.lock"
expect 2 "template.lock" "$tmplbuild" build "$t"

# No network: the lists of a suite that is there cannot be had, which is no fault of the template or of the machine.
cp "$TMPLBUILD_CACHE/small.lock" "$work/a/template.lock"
sed -i 's/"no-such-package-at-all", //' "$t"
mv "$work/a/template.lock" "$work/a/kept.lock"
expect 4 "cannot be fetched" unshare -n "$tmplbuild" build "$t" --progress plain
expect 4 "Failed to fetch" unshare -n "$tmplbuild" lock "$t" --progress plain
[ ! -e "$work/a/template.lock" ] || fail "a build without a network left a lock"
# apt-get itself waits for ever on a full disk.
mkdir "$work/tiny"
trap 'umount "$work/tiny" 2>/dev/null; tidy' EXIT
if mount -t tmpfs -o size=3m tmpfs "$work/tiny"; then
    expect 1 "of disk" timeout 60 env TMPLBUILD_CACHE="$work/tiny" "$tmplbuild" build "$t" --progress plain
    umount "$work/tiny"
fi
mv "$work/a/kept.lock" "$work/a/template.lock"

# A disk that is full: exit 1, in words, no image, and the store as it was.
mkdir "$work/small"
size=$(( $(du -sk "$TMPLBUILD_CACHE" | cut -f1) * 5 / 4 + 102400 ))
mount -t tmpfs -o "size=${size}k" tmpfs "$work/small" || { echo "a tmpfs cannot be mounted: the full disk is not checked"; exit 0; }
trap 'umount "$work/small"; tidy' EXIT
cp -a "$TMPLBUILD_CACHE/." "$work/small/"
free=$(df -k --output=avail "$work/small" | tail -n 1)
head -c $(((free - 4096) * 1024)) /dev/zero >"$work/small/other"
head -c 30000000 /dev/urandom >"$work/a/site/large.bin"
expect 1 "full" env TMPLBUILD_CACHE="$work/small" "$tmplbuild" build "$t" -o "oci:$work/c" --progress plain
[ ! -e "$work/c" ] || fail "a failed build left an output"
[ -z "$(ls "$work/small/tmp")" ] || fail "a failed build left temporary files"
rm "$work/a/site/large.bin"
mv "$work/small/records" "$work/records"
expect 1 "of disk" env TMPLBUILD_CACHE="$work/small" "$tmplbuild" plan "$t"
expect 1 "of disk" env TMPLBUILD_CACHE="$work/small" "$tmplbuild" build "$t" -o "oci:$work/c" --progress plain
rm -rf "$work/small/records"
mv "$work/records" "$work/small/records"
expect 0 "base: cached" env TMPLBUILD_CACHE="$work/small" "$tmplbuild" build "$t" -o "oci:$work/c" --progress plain
