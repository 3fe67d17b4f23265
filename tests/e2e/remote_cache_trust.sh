# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# Caches that are read-only, wrong, or signed by somebody else: what is refused and named, what is a warning, what counts
# as not there. And a cache whose writer and readers are killed: a step is seen whole, or not at all.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
command -v openssl >/dev/null || { echo "skipped: openssl is not here"; exit 77; }
own_store
first=$TMPLBUILD_CACHE
port=$(free_port)
start_registry "$work/registry" "$port"
host=127.0.0.1:$port
kind=application/vnd.oci.image.manifest.v1+json
example "$work/a"
cat >>"$work/a/template.toml" <<'TOML'
[[layers]]
use = "run"
name = "mark"
script = "head -c 3000000 /dev/urandom >/opt/mark"
TOML
# build_to OUTPUT [OPTION...]: says in $work/log what it said.
build_to() {
    output=$1
    shift
    "$tmplbuild" build "$work/a/template.toml" -o "$output" --progress plain --metadata-file "$work/metadata" "$@" >"$work/said" 2>"$work/log"
}
# refused TEXT OPTION...: a machine with an empty store is told that, and makes nothing.
refused() {
    text=$1
    shift
    rm -rf "$work/store"
    code=0
    TMPLBUILD_CACHE=$work/store build_to "oci:$work/image" "$@" || code=$?
    [ "$code" = 4 ] || fail "ended with $code, expected 4 and '$text': $(cat "$work/log")"
    grep -qF -- "error: the cache docker://$host/me/cache has something wrong: " "$work/log" || fail "the cache is not named: $(cat "$work/log")"
    grep -qF -- "$text" "$work/log" || fail "'$text' is not said: $(cat "$work/log")"
    [ ! -e "$work/image" ] || fail "an image was written"
}
source_of() { jq -r --arg step "$1" '.steps[] | select(.step == $step) | .source' "$work/metadata"; }
key_of() { jq -r --arg step "$1" '.steps[] | select(.step == $step) | .key' "$work/metadata"; }
tag_of() { key_of "$1" | sed 's/sha256:/step-/'; }
manifest() { curl -fsS -H "Accept: $kind" "http://$host/v2/me/cache/manifests/$1"; }
# put TAG FILE: makes it what the tag means.
put() { curl -fsS -X PUT -H "Content-Type: $kind" --data-binary "@$2" "http://$host/v2/me/cache/manifests/$1" >/dev/null; }
blob_file() { echo "$work/registry/data/docker/registry/v2/blobs/sha256/$(echo "$1" | cut -c8-9)/${1#sha256:}/data"; }

build_to "oci:$work/first" --cache-to "docker://$host/me/cache" || fail "$(cat "$work/log")"
image=$(jq -r .image "$work/metadata")
mark=$(tag_of run:mark) runtime=$(tag_of runtime)
manifest "$mark" >"$work/mark.json"
manifest "$runtime" >"$work/runtime.json"

# Another step's record under a key; blobs of a foreign kind; what is no step at all.
put "$mark" "$work/runtime.json"
refused "holds a step with the key $(key_of runtime)" --cache-from "docker://$host/me/cache"
jq -c '.layers[0].mediaType = "application/x-sh"' "$work/mark.json" >"$work/foreign.json"
put "$mark" "$work/foreign.json"
refused "has a blob of the type 'application/x-sh'" --cache-from "docker://$host/me/cache"
jq -c '.config.mediaType = "application/vnd.oci.image.config.v1+json"' "$work/mark.json" >"$work/foreign.json"
put "$mark" "$work/foreign.json"
refused "is no step of a cache" --cache-from "docker://$host/me/cache"
jq -c '.layers = .layers[:1]' "$work/mark.json" >"$work/foreign.json"
put "$mark" "$work/foreign.json"
refused "names other blobs in its manifest than in its document" --cache-from "docker://$host/me/cache"
put "$mark" "$work/mark.json"

# Other bytes: of the document, and of a layer once somebody reads it.
document=$(blob_file "$(jq -r .config.digest "$work/mark.json")")
cp "$document" "$work/kept"
sed -i 's/"step":"run:mark"/"step":"run:mork"/' "$document"
refused "does not have its digest" --cache-from "docker://$host/me/cache"
cp "$work/kept" "$document"
layer=$(blob_file "$(jq -r '.layers[0].digest' "$work/mark.json")")
cp "$layer" "$work/kept"
printf x | dd of="$layer" bs=1 seek=1000 conv=notrunc status=none
refused "does not have its digest" --cache-from "docker://$host/me/cache"
[ "$(find "$work/store/tmp" -type f | wc -l)" = 0 ] || fail "a wrong layer lies about: $(ls "$work/store/tmp")"
cp "$work/kept" "$layer"

# Signed: by the right key it counts, else it is not there; a public half reads, and another key's reader takes nothing.
for name in ours theirs; do openssl genpkey -algorithm ed25519 -out "$work/$name.pem" 2>/dev/null; done
openssl pkey -in "$work/ours.pem" -pubout -out "$work/ours.pub"
rm -rf "$work/store"
TMPLBUILD_CACHE=$work/store build_to "oci:$work/image" --cache-from "docker://$host/me/cache" || fail "$(cat "$work/log")"
plan_with() { TMPLBUILD_CACHE=$work/store "$tmplbuild" plan "$work/a/template.toml" --cache-from "docker://$host/me/cache" --cache-key "$work/$1" >"$work/plan" 2>"$work/log"; }
plan_with ours.pub
if grep -q '^base .*hit' "$work/plan"; then fail "a step that came without a signature counts: $(cat "$work/plan")"; fi
[ "$(grep -c "3 steps of the cache docker://$host/me/cache are not signed by the key" "$work/log")" = 1 ] || fail "it is not said: $(cat "$work/log")"
build_to "oci:$work/first" --cache-to "docker://$host/me/cache" --cache-key "$work/ours.pem" || fail "$(cat "$work/log")"
for key in ours.pub ours.pem; do
    rm -rf "$work/store"
    TMPLBUILD_CACHE=$work/store build_to "docker://$host/me/signed:1" --cache-from "docker://$host/me/cache" --cache-key "$work/$key" || fail "$(cat "$work/log")"
    [ "$(source_of base) $(source_of run:mark)" = "remote remote" ] || fail "a signed step does not count: $(cat "$work/log")"
    [ "$(jq -r .image "$work/metadata")" = "$image" ] || fail "another image"
done
# What was made over steps that were taken without the key does not count with it, and does later.
cp "$work/a/template.toml" "$work/kept.toml"
printf '[[layers]]\nuse = "run"\nname = "top"\nscript = "echo top >/opt/top"\n' >>"$work/a/template.toml"
rm -rf "$work/store"
for key in "" "$work/ours.pem" "$work/ours.pem"; do
    TMPLBUILD_CACHE=$work/store build_to "oci:$work/image" --cache-from "docker://$host/me/cache" ${key:+--cache-key "$key"} || fail "$(cat "$work/log")"
    tops="${tops:-}$(source_of run:top) "
done
[ "$tops" = "built built local " ] || fail "the step over others is $tops"
cp "$work/kept.toml" "$work/a/template.toml"
rm -rf "$work/image" "$work/store"
TMPLBUILD_CACHE=$work/store build_to "oci:$work/image" --cache-from "docker://$host/me/cache" || fail "$(cat "$work/log")"
plan_with theirs.pem
if grep -q "hit (remote)" "$work/plan"; then fail "another key's steps count: $(cat "$work/plan")"; fi
expect 2 "is no key in PEM form" "$tmplbuild" plan "$work/a/template.toml" --cache-from "docker://$host/me/cache" --cache-key "$work/a/template.toml"
expect 2 "there is no --cache-from" "$tmplbuild" plan "$work/a/template.toml" --cache-key "$work/ours.pub"

# Killed while it writes, five times: what can be seen is whole; and while it fetches, what is in the store is whole.
start_relay "$port" "$work/slow" $((30 << 20))
slow=127.0.0.1:$relay_port
hits=0
for i in 1 2 3 4 5; do
    build_to "oci:$work/first" --cache-to "docker://$slow/kill/cache" &
    pid=$!
    sleep "0.$((RANDOM % 6 + 3))"
    kill -9 $pid 2>/dev/null && hits=$((hits + 1))
    wait $pid 2>/dev/null || true
    for tag in $(curl -fsS "http://$host/v2/kill/cache/tags/list" 2>/dev/null | jq -r '.tags // [] | .[]'); do
        for blob in $(curl -fsS -H "Accept: $kind" "http://$host/v2/kill/cache/manifests/$tag" | jq -r '.config.digest, .layers[].digest'); do
            curl -fsSI "http://$host/v2/kill/cache/blobs/$blob" >/dev/null || fail "$tag can be seen without $blob"
        done
    done
done
[ $hits -gt 0 ] || fail "no kill hit a write"
build_to "oci:$work/first" --cache-to "docker://$slow/kill/cache" || fail "$(cat "$work/log")"
rm -rf "$work/store"
hits=0
for i in 1 2 3 4 5; do
    TMPLBUILD_CACHE=$work/store build_to "oci:$work/image" --cache-from "docker://$slow/kill/cache" &
    pid=$!
    sleep "0.$((RANDOM % 4 + 1))"
    kill -9 $pid 2>/dev/null && hits=$((hits + 1))
    wait $pid 2>/dev/null || true
    for blob in "$work"/store/blobs/sha256/*; do
        [ ! -e "$blob" ] || [ "$(sha256sum "$blob" | cut -d' ' -f1)" = "${blob##*/}" ] || fail "half a layer is in the store"
    done
done
TMPLBUILD_CACHE=$work/store build_to "oci:$work/image" --cache-from "docker://$slow/kill/cache" || fail "$(cat "$work/log")"
[ "$(jq -r .image "$work/metadata")" = "$image" ] || fail "after kills another image is made"

# A registry that only reads: it is said once, and the build goes on. What it has is taken all the same.
kill -9 "$registry_pid"
sed -i 's/  delete: {enabled: true}/  maintenance: {readonly: {enabled: true}}/' "$work/registry/config.yml"
docker-registry serve "$work/registry/config.yml" >>"$work/registry/log" 2>&1 &
registry_pids="$registry_pids $!"
wait_for_port "$port"
rm -rf "$work/store" "$work/image"
TMPLBUILD_CACHE=$work/store build_to "oci:$work/image" --cache-from "docker://$host/me/cache" || fail "$(cat "$work/log")"
[ "$(source_of base)" = remote ] || fail "a read-only cache is not read: $(cat "$work/log")"
build_to "oci:$work/first" --cache-to "docker://$host/new/cache" || fail "a read-only cache ends the build: $(cat "$work/log")"
[ "$(grep -c "warning: the step .* is not written to the cache docker://$host/new/cache: " "$work/log")" = 1 ] || fail "it is not said once: $(cat "$work/log")"
# Who makes a step for others alone learns it before that is made.
printf '[[layers]]\nuse = "run"\nname = "late"\ncommand = ["true"]\n' >>"$work/a/template.toml"
expect 4 "it is not written to the cache docker://$host/new/cache: " "$tmplbuild" build "$work/a/template.toml" --only run:late --cache-to "docker://$host/new/cache" --progress plain
! grep -q "^run:late: built" "$work/out" || fail "it was made: $(cat "$work/out")"
echo "killed in $hits fetches of 5"
