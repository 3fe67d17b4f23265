# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# Debian's docker-registry on loopback, filled by skopeo and buildah: images in it are read with a name and password and with
# tokens of a strict issuer, and are bases of templates, pinned by the lock whatever their tag comes to mean.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
# registry NAME AUTH: serves $work/data on the port $port, with that kind of authentication.
registry() {
    port=$(free_port)
    cat >"$work/$1.yml" <<YML
version: 0.1
storage: {filesystem: {rootdirectory: $work/data}}
http: {addr: "127.0.0.1:$port", secret: tests}
auth: $2
YML
    docker-registry serve "$work/$1.yml" >>"$work/$1.log" 2>&1 &
    registry_pids="$registry_pids $!"
    wait_for_port "$port"
}
login() { export DOCKER_AUTH_CONFIG='{"auths":{"'"$1"'":{"auth":"'"$(printf '%s' "$2" | base64)"'"}}}'; }
# Nobody's logins of this machine count here.
unset DOCKER_CONFIG DOCKER_AUTH_CONFIG REGISTRY_AUTH_FILE XDG_CONFIG_HOME
export HOME="$work/home" XDG_RUNTIME_DIR="$work/home"
mkdir "$work/home"

example "$work/a"
digest=$(build "$work/a")

# --- a name and a password --------------------------------------------------------------------------------------------
perl -e 'print "me:", crypt("hunter2", q($2y$05$abcdefghijklmnopqrstuu)), "\n"' >"$work/htpasswd"
registry basic "{htpasswd: {realm: tests, path: $work/htpasswd}}"
image=docker://127.0.0.1:$port/team/small
skopeo copy -q --insecure-policy --dest-tls-verify=false --dest-creds me:hunter2 "oci:$work/a/out:latest" "$image:1"
expect 4 "asks for a login, and there is none" "$tmplbuild" inspect "$image:1"
login "127.0.0.1:$port" me:wrong
expect 4 "the login in 'DOCKER_AUTH_CONFIG' is wrong" "$tmplbuild" inspect "$image:1"
! grep -rq "me:wrong\|$(printf me:wrong | base64)" "$work/out" || fail "the login was shown"
login "127.0.0.1:$port" me:hunter2
expect 0 "$digest" "$tmplbuild" inspect "$image:1"
expect 0 "$digest" "$tmplbuild" inspect "$image@$digest"
"$tmplbuild" inspect --json "oci:$work/a/out" >"$work/here"
"$tmplbuild" inspect --json "$image:1" | cmp - "$work/here" || fail "inspect says something else of the image in the registry"
"$tmplbuild" gpus "oci:$work/a/out" >"$work/here"
"$tmplbuild" gpus "$image:1" | cmp - "$work/here" || fail "gpus says something else of the image in the registry"
expect 0 "yes" "$tmplbuild" verify "$image:1"
expect 4 "MANIFEST_UNKNOWN" "$tmplbuild" inspect "$image:2"
# Two small requests, and no layer: the documents of an image that is answered about from its annotations.
: >"$work/basic.log"
expect 1 "no kernels" "$tmplbuild" inspect "$image:1" --can-run "RTX 5090"
asked=$(grep -o '"GET /v2/[^"]*" 200' "$work/basic.log" | grep -c -v '"GET /v2/ ')
[ "$asked" = 2 ] || fail "--can-run asked for $asked things: $(grep -o '"GET [^"]*" [0-9]*' "$work/basic.log")"

# --- tokens -----------------------------------------------------------------------------------------------------------
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tests -keyout "$work/key" -out "$work/crt" 2>/dev/null
python3 -u "$TMPLBUILD_SOURCE/tests/fakes/token_server.py" --key "$work/key" --certificate "$work/crt" --service tests \
    --user you:secret7 --public team/small >"$work/tokens" &
registry_pids="$registry_pids $!"
for _ in $(seq 100); do [ ! -s "$work/tokens" ] || break; sleep 0.1; done
registry token "{token: {realm: \"http://127.0.0.1:$(head -n 1 "$work/tokens")/token\", service: tests, issuer: tests, rootcertbundle: $work/crt}}"
image=docker://127.0.0.1:$port/team/small
unset DOCKER_AUTH_CONFIG
expect 0 "$digest" "$tmplbuild" inspect "$image:1"
grep -qx "200 nobody repository:team/small:pull" "$work/tokens" || fail "asked was $(cat "$work/tokens")"
expect 4 "log in" "$tmplbuild" inspect "docker://127.0.0.1:$port/team/hidden:1"
login "127.0.0.1:$port" you:secret8
expect 4 "the login in 'DOCKER_AUTH_CONFIG' is wrong" "$tmplbuild" verify "$image:1"
login "127.0.0.1:$port" you:secret7
expect 0 "yes" "$tmplbuild" verify "$image:1"
grep -qx "200 you repository:team/small:pull" "$work/tokens" || fail "asked was $(cat "$work/tokens")"

# --- a base -----------------------------------------------------------------------------------------------------------
own_store
mkdir -p "$work/b/site"
echo top >"$work/b/site/top"
cat >"$work/b/template.toml" <<TOML
schema = 1
console.enabled = false
name = "on-top"
[base]
image = "127.0.0.1:$port/team/small:1"
[[layers]]
use = "files"
name = "top"
source = "site"
dest = "/opt/top/"
[[layers]]
use = "run"
name = "look"
script = "grep -qx top /opt/top/top; echo one >/opt/one"
TOML
expect 0 "its digest is not locked yet" "$tmplbuild" plan "$work/b/template.toml"
first=$(build "$work/b")
layers "$work/a" >"$work/below"
layers "$work/b" | head -n "$(wc -l <"$work/below")" | cmp - "$work/below" || fail "the base's layers changed"
grep -q "\"image\": \"$digest\"" "$work/b/template.lock" || fail "the lock does not pin the image"
[ "$(build "$work/b")" = "$first" ] || fail "another image the second time"
! grep -q ': built' "$work/b/log" || fail "an unchanged template built something: $(cat "$work/b/log")"

# Its layers are in that registry already: a push to another repository there moves none of them.
"$tmplbuild" build "$work/b/template.toml" -o "docker://127.0.0.1:$port/team/made:1" --progress plain >/dev/null 2>"$work/err" ||
    fail "a push beside the base: $(tail -n 5 "$work/err")"
while read -r layer; do
    grep -q "POST /v2/team/made/blobs/uploads/?.*mount=$(echo "$layer" | sed s/:/%3A/).* 201 " "$work/token.log" ||
        fail "the base's layer $layer was not mounted"
done <"$work/below"

# The tag moves, to an index of gzip layers that buildah made; the lock stays until it is renewed, and another store pulls
# what the lock pins.
printf '[storage]\ndriver = "overlay"\nrunroot = "%s"\ngraphroot = "%s"\n' "$work/run" "$work/graph" >"$work/storage.conf"
export CONTAINERS_STORAGE_CONF="$work/storage.conf" BUILDAH_ISOLATION=chroot
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$work/policy.json"
container=$(buildah from -q scratch)
root=$(buildah mount "$container")
mkdir -p "$root/bin" "$root/etc" "$root/opt" "$root/tmp"
cp /bin/busybox "$root/bin/busybox"
for program in sh grep cat; do ln -s busybox "$root/bin/$program"; done
buildah umount "$container" >/dev/null
buildah commit --signature-policy "$work/policy.json" -q --format docker "$container" moved >/dev/null
buildah manifest create list >/dev/null
buildah manifest add list containers-storage:localhost/moved >/dev/null
buildah manifest push --signature-policy "$work/policy.json" -q --all --tls-verify=false --creds you:secret7 list "$image:1"
rm -rf "$TMPLBUILD_CACHE"
# How large it is, a plan knows by its documents alone, and it holds the limit to that; without the registry it says so.
size=$("$tmplbuild" inspect --json "oci:$work/a/out" | jq '[.manifest.layers[].size] | add')
"$tmplbuild" plan --json "$work/b/template.toml" >"$work/plan" || fail "plan"
[ "$(jq '.steps[] | select(.step == "base") | .bytes' "$work/plan")" = "$size" ] || fail "plan says of the base: $(cat "$work/plan")"
jq -e --argjson size "$size" '.cold_pull | .bytes >= $size and .layers > 3 and (has("at_least") | not)' "$work/plan" >/dev/null || fail "$(cat "$work/plan")"
[ ! -d "$TMPLBUILD_CACHE/blobs/sha256" ] || [ -z "$(ls "$TMPLBUILD_CACHE/blobs/sha256")" ] || fail "a plan fetched something"
expect 1 "max_pull_size under [image] allows" "$tmplbuild" plan "$work/b/template.toml" --set image.max_pull_size=1MB
expect 0 "cold pull: at least " unshare -n "$tmplbuild" plan "$work/b/template.toml"
grep -q '^base  *miss  *? ' "$work/out" && grep -q "^how large base is, is not known: " "$work/out" || fail "$(cat "$work/out")"
unshare -n "$tmplbuild" plan --json "$work/b/template.toml" | jq -e '.cold_pull.at_least and (.steps[0].bytes_unknown | length > 0)' >/dev/null || fail "plan --json without a network"
[ "$(build "$work/b")" = "$first" ] || fail "the moved tag moved a locked base"
"$tmplbuild" lock --update base "$work/b/template.toml" --progress plain 2>"$work/err" >/dev/null || fail "lock: $(cat "$work/err")"
! grep -q "\"image\": \"$digest\"" "$work/b/template.lock" || fail "the lock was not renewed"
second=$(build "$work/b")
[ "$second" != "$first" ] || fail "the renewed base made the same image"
expect 0 "yes" "$tmplbuild" verify "oci:$work/b/out"

# What the registry does not have is told with its name.
sed -i 's|team/small:1|team/none:1|' "$work/b/template.toml"
expect 4 "team/none:1' cannot be read" "$tmplbuild" build "$work/b/template.toml" -o "oci:$work/none" --progress plain
expect 2 "--plain-http needs a host" "$tmplbuild" inspect --plain-http http://x "$image:1"
! grep -rq "hunter2\|secret7" "$work"/*.log "$work/b/template.lock" "$work/b/log" || fail "a password was written down"
