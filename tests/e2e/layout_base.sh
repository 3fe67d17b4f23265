# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# An image in a layout as the base of another: its layers stay what they are, its environment holds, files, packages
# and commands go on top of it, and a damaged one is refused.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
example "$work/a"
build "$work/a" --set image.environment.FROM_BASE=yes --set image.labels.kept=label --set image.directory=/opt/kept \
    --set image.compression=gzip >/dev/null
mkdir -p "$work/b/site"
echo top >"$work/b/site/top"
cat >"$work/b/template.toml" <<TOML
schema = 1
console.enabled = false
name = "on-top"
[base]
layout = "base"
[[layers]]
use = "files"
name = "top"
source = "site"
dest = "/bin/"
[[layers]]
use = "apt"
packages = ["jq"]
[[layers]]
use = "run"
name = "look"
script = "echo '{\"a\": 1}' | jq .a >/opt/one; cat /bin/top /opt/inserted >>/opt/one"
[image]
compression = "gzip"
TOML
# Its last entry has no padding; Go's archive/tar does not miss it, and neither do we.
umoci insert --image "$work/a/out:latest" "$work/b/site/top" /opt/inserted >/dev/null
cp -r "$work/a/out" "$work/b/base"
build "$work/b" >"$work/digest"
layers "$work/a" >"$work/below"
layers "$work/b" | head -n "$(wc -l <"$work/below")" | cmp - "$work/below" || fail "the base's layers changed"
"$tmplbuild" inspect "oci:$work/b/out" --json >"$work/inspected"
for kept in FROM_BASE=yes '"kept": *"label"' /opt/kept; do
    grep -q "$kept" "$work/inspected" || fail "of the base's configuration $kept is lost: $(cat "$work/inspected")"
done
# A base that the pods' hosts have costs no pull: the manifest says so of its layers, and a limit counts the rest alone.
"$tmplbuild" build "$work/b/template.toml" -o "oci:$work/b/known" --set base.on_hosts=true --set image.max_pull_size=5MB \
    --progress plain >/dev/null 2>"$work/err" || fail "a base on hosts: $(tail -n 5 "$work/err")"
"$tmplbuild" inspect "oci:$work/b/known" --json >"$work/inspected"
python3 - "$work/inspected" "$work/below" <<'PY'
import json, sys
seen = json.load(open(sys.argv[1]))
listed = seen["manifest"]["annotations"]["dev.tmplbuild.layers-on-hosts"].split(",")
below = open(sys.argv[2]).read().split()
assert sorted(listed) == sorted(below), (listed, below)
sizes = {l["digest"]: l["size"] for l in seen["manifest"]["layers"]}
pull = seen["cold_pull"]
assert pull["bytes_on_hosts"] == sum(sizes[d] for d in below), pull
assert pull["bytes"] == sum(sizes.values()) - pull["bytes_on_hosts"], pull
assert pull["layers"] == len(sizes) - len(below) and 0 < pull["fastest_seconds"] < pull["slowest_seconds"], pull
PY
"$tmplbuild" inspect "oci:$work/b/known" | grep -q "^cold pull: .* on a host that has the base's" || fail "inspect names no pull"
expect 1 "and max_pull_size under [image] allows 5.0 MB" "$tmplbuild" build "$work/b/template.toml" -o "oci:$work/none" \
    --set image.max_pull_size=5MB --progress plain
expect 1 "and max_pull_size under [image] allows 5.0 MB" "$tmplbuild" plan "$work/b/template.toml" --set image.max_pull_size=5MB
[ ! -e "$work/none" ] || fail "an image over its limit was written"
# Its packages are those of the base's own sources, a release's security suite among them.
grep -q '"suites": \[.*bookworm-security' "$work/b/template.lock" || fail "asked were $(grep suites "$work/b/template.lock")"
umoci unpack --image "$work/b/out:latest" "$work/bundle" >/dev/null
[ "$(cat "$work/bundle/rootfs/opt/one")" = "1
top
top" ] || fail "the command saw: $(cat "$work/bundle/rootfs/opt/one")"
[ "$(readlink "$work/bundle/rootfs/bin")" = usr/bin ] || fail "the base's link was replaced"
build "$work/b" >"$work/again"
cmp "$work/digest" "$work/again" || fail "another image the second time"
! grep -q ': built' "$work/b/log" || fail "an unchanged template built something: $(cat "$work/b/log")"

# A files step that would put a folder where the base has a link to a file's place is an error with a way out.
sed 's|dest = "/bin/"|dest = "/bin"|; s|source = "site"|source = "site/top"|' "$work/b/template.toml" >"$work/b/link.toml"
code=0
"$tmplbuild" build "$work/b/link.toml" -o "oci:$work/none" --progress plain >/dev/null 2>"$work/err" || code=$?
[ "$code" = 1 ] || fail "replacing a link ended with $code"
grep -q "would replace the base's link" "$work/err" || fail "$(tail -n 5 "$work/err")"

# So is one that a `run` step made; the layer would be right, and the image would have lost the link.
cat >"$work/b/made.toml" <<TOML
schema = 1
console.enabled = false
name = "made"
[base]
layout = "base"
[[layers]]
use = "run"
name = "links"
script = "mkdir /opt/real; ln -s ../opt/real /srv/linked"
[[layers]]
use = "files"
name = "top"
source = "site"
dest = "/srv/linked/"
TOML
code=0
"$tmplbuild" build "$work/b/made.toml" -o "oci:$work/none" --progress plain >/dev/null 2>"$work/err" || code=$?
[ "$code" = 1 ] || fail "replacing a step's link ended with $code: $(tail -n 5 "$work/err")"
grep -q "'files:top' puts things into '/srv/linked', which is a link to '/opt/real'" "$work/err" || fail "$(tail -n 5 "$work/err")"

# A blob that is not what its name says.
cp -r "$work/b" "$work/c"
blob=$(ls -S "$work/c/base/blobs/sha256" | head -n 1)
chmod u+w "$work/c/base/blobs/sha256/$blob"
cp "$work/c/base/blobs/sha256/$blob" "$work/copy"
printf 'x' | dd of="$work/copy" bs=1 seek=5000 conv=notrunc 2>/dev/null
rm "$work/c/base/blobs/sha256/$blob"
cp "$work/copy" "$work/c/base/blobs/sha256/$blob"
rm "$work/c/template.lock"
code=0
mkdir "$work/clean"
TMPLBUILD_CACHE=$work/clean "$tmplbuild" build "$work/c/template.toml" -o "oci:$work/none" --progress plain >/dev/null 2>"$work/err" || code=$?
[ "$code" = 1 ] || fail "a damaged base ended with $code: $(cat "$work/err")"
grep -q "/c/base/blobs/sha256/$blob" "$work/err" || fail "the damaged blob is not named: $(cat "$work/err")"
