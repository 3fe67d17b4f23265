# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# Two machines (two stores) and one registry: what the one has built the other takes, without a layer where the image goes
# to that registry, and with layers for a layout. Caches that are read-only, away, or wrong.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
command -v skopeo >/dev/null || { echo "skipped: skopeo is not here"; exit 77; }
fakes=$TMPLBUILD_SOURCE/tests/fakes
own_store
first=$TMPLBUILD_CACHE
port=$(free_port)
start_registry "$work/registry" "$port"
start_relay "$port" "$work/sent"
host=127.0.0.1:$relay_port
cache=docker://$host/me/cache

# fresh NAME: from here on this is a machine whose store has nothing.
fresh() {
    TMPLBUILD_CACHE=$work/store-$1
    rm -rf "$TMPLBUILD_CACHE"
}
# build_to FOLDER OUTPUT [OPTION...]: prints the digest; said, log and metadata lie in FOLDER.
build_to() {
    folder=$1 output=$2
    shift 2
    "$tmplbuild" build "$folder/template.toml" -o "$output" --progress plain --metadata-file "$folder/metadata" "$@" \
        2>"$folder/log" >"$folder/said" || fail "build: $(tail -n 20 "$folder/log")"
    jq -r .image "$folder/metadata"
}
sources() { jq -r '.steps[] | .step + " " + .source' "$1/metadata" | sort | tr '\n' ';'; }
digest_at() { skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$host/$1"; }
layers_here() { find "$TMPLBUILD_CACHE/blobs" -type f -size +500k 2>/dev/null | wc -l; }

# The first machine builds, and writes what is worth it: the base, the runtime, the commands and the proof of the image,
# not the small files.
example "$work/a"
cat >>"$work/a/template.toml" <<'TOML'
[[layers]]
use = "run"
name = "mark"
script = "echo marked >/opt/mark"
TOML
built=$(build_to "$work/a" "docker://$host/first/a:1" --cache-from "$cache" --cache-to "$cache")
tags=$(curl -fsS "http://$host/v2/me/cache/tags/list" | jq '.tags | length')
[ "$tags" = 4 ] || fail "the cache has $tags steps: $(cat "$work/a/log")"
case $(sources "$work/a") in *"run:mark built;"*) ;; *) fail "$(sources "$work/a")" ;; esac

# Another machine with an empty store: nothing that takes long is built, no layer is fetched, and the image is the same.
cp -r "$work/a" "$work/b"
fresh b
plan=$("$tmplbuild" plan "$work/b/template.toml" --cache-from "$cache")
echo "$plan" | grep -q '^base  *hit (remote)' || fail "plan does not see the cache: $plan"
echo "$plan" | grep -q '^files:site  *miss' || fail "plan: $plan"
disk() { "$tmplbuild" plan "$work/b/template.toml" --json "$@" | jq .peak_disk; }
[ "$(disk --cache-from "$cache")" -lt 1000000 ] && [ "$(disk)" -gt 100000000 ] || fail "plan counts disk for what the cache has: $(disk --cache-from "$cache"), $(disk)"
sent=$(cat "$work/sent") received=$(cat "$work/sent.received")
start=$(date +%s%N)
[ "$(build_to "$work/b" "docker://$host/second/b:1" --cache-from "$cache")" = "$built" ] || fail "another machine makes another image"
ms=$((($(date +%s%N) - start) / 1000000))
sent=$(($(cat "$work/sent") - sent)) received=$(($(cat "$work/sent.received") - received))
[ "$(sources "$work/b")" = "base remote;files:site built;pod built;run:mark remote;runtime remote;" ] || fail "$(sources "$work/b")"
[ "$(layers_here)" = 0 ] || fail "layers were fetched: $(ls -l "$TMPLBUILD_CACHE/blobs/sha256")"
[ "$sent" -lt 1000000 ] && [ "$received" -lt 1000000 ] || fail "$sent bytes were sent and $received received"
[ "$(digest_at second/b:1)" = "$built" ] || fail "what was published is another image"
[ "$(jq -r .proof "$work/a/metadata")" = "made here" ] || fail "$(jq .proof "$work/a/metadata")"
[ "$(jq -r .proof "$work/b/metadata")" = "from $cache" ] || fail "$(jq .proof "$work/b/metadata")"
jq -e --arg cache "$cache" '.steps[] | select(.step == "base") | .cache == $cache' "$work/b/metadata" >/dev/null || fail "the cache is not named"
# A step that changed is built over layers that are fetched now.
echo 'echo "more" >/opt/more' >"$work/b/site/more"
sed -i 's,echo marked,echo marked twice,' "$work/b/template.toml"
other=$(build_to "$work/b" "docker://$host/second/b:2" --cache-from "$cache")
case $(sources "$work/b") in *"base remote;"*"run:mark built;"*) ;; *) fail "$(sources "$work/b")" ;; esac
TMPLBUILD_CACHE=$first
[ "$(build_to "$work/b" "oci:$work/b/out")" = "$other" ] || fail "over fetched layers another image is made"

# A layout needs the layers, and so does another registry, where they are streamed and not kept.
fresh c
[ "$(build_to "$work/a" "oci:$work/a/out" --cache-from "$cache")" = "$built" ] || fail "a layout holds another image"
skopeo copy -q "oci:$work/a/out:latest" "dir:$work/copy" || fail "skopeo cannot read the layout"
[ "$(sources "$work/a")" = "base remote;files:site built;pod built;run:mark remote;runtime remote;" ] || fail "$(sources "$work/a")"
[ "$(build_to "$work/a" "oci:$work/a/again")" = "$built" ] || fail "what was fetched is not a hit of the store: $(cat "$work/a/log")"
fresh d
other_port=$(free_port)
start_registry "$work/other" "$other_port"
[ "$(build_to "$work/a" "docker://127.0.0.1:$other_port/x/y:1" --cache-from "$cache")" = "$built" ] || fail "another registry gets another image"
[ "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$other_port/x/y:1")" = "$built" ] || fail "the other registry has another image"
[ "$(layers_here)" = 0 ] || fail "layers that only went through were kept"

# Caches that are not there, or that cannot be written, are a warning; the order of caches is that of the options.
TMPLBUILD_CACHE=$first
closed=$(free_port)
build_to "$work/a" "oci:$work/a/out" --cache-from "docker://127.0.0.1:$closed/x" --cache-to "docker://127.0.0.1:$closed/x" >/dev/null
[ "$(grep -c "warning: .* not written to the cache docker://127.0.0.1:$closed/x" "$work/a/log")" = 1 ] || fail "no warning: $(cat "$work/a/log")"
fresh e
build_to "$work/a" "docker://$host/third/e:1" --cache-from "docker://127.0.0.1:$closed/x" --cache-from "docker://$host/me/empty" --cache-from "$cache" >/dev/null
[ "$(grep -c "warning: the cache docker://127.0.0.1:$closed/x is not used" "$work/a/log")" = 1 ] || fail "no warning: $(cat "$work/a/log")"
expect 2 "needs a repository of a registry" "$tmplbuild" build "$work/a/template.toml" --cache-from "oci:x"
expect 2 "names a repository without a tag" "$tmplbuild" build "$work/a/template.toml" --cache-to "docker://$host/x:1"

# What a cache holds, and what of it goes: nothing without --yes. A registry that removes nothing says so.
"$tmplbuild" cache ls --remote "$cache" --json >"$work/listed"
[ "$(jq '.steps | length' "$work/listed")" -ge 4 ] || fail "cache ls: $(cat "$work/listed")"
jq -e '[.steps[].step] | index("base") and index("run:mark")' "$work/listed" >/dev/null || fail "cache ls: $(cat "$work/listed")"
"$tmplbuild" cache gc --remote "$cache" --keep 1h | grep -q '^0 steps of ' || fail "a young step would go"
before=$("$tmplbuild" cache ls --remote "$cache" | tail -n 1)
"$tmplbuild" cache gc --remote "$cache" --keep 0s | grep -q 'would be removed: --yes' || fail "cache gc does not say what goes"
[ "$("$tmplbuild" cache ls --remote "$cache" | tail -n 1)" = "$before" ] || fail "without --yes something went"
sleep 1
"$tmplbuild" cache gc --remote "$cache" --keep 0s --yes >/dev/null
[ "$("$tmplbuild" cache ls --remote "$cache" | tail -n 1)" = "0 steps" ] || fail "cache gc left steps"
[ "$(digest_at second/b:1)" = "$built" ] || fail "cache gc removed an image"
sed -i 's/ *delete: {enabled: true}//' "$work/other/config.yml"
kill -9 "$registry_pid"
docker-registry serve "$work/other/config.yml" >>"$work/other/log" 2>&1 &
registry_pids="$registry_pids $!"
wait_for_port "$other_port"
TMPLBUILD_CACHE=$first build_to "$work/a" "oci:$work/a/out" --cache-to "docker://127.0.0.1:$other_port/x/cache" >/dev/null
sleep 1
expect 4 "does not let its clients remove anything" "$tmplbuild" cache gc --remote "docker://127.0.0.1:$other_port/x/cache" --keep 0s --yes

# The store here: a clean-up waits for a build that runs, and what that build has found is there until its end.
TMPLBUILD_CACHE=$first
example "$work/g"
cat >>"$work/g/template.toml" <<'TOML'
[[layers]]
use = "run"
name = "slow"
script = "sleep 4; echo slow >/opt/slow"
TOML
"$tmplbuild" build "$work/g/template.toml" -o "oci:$work/g/out" --progress plain >/dev/null 2>"$work/g/log" &
pid=$!
for _ in $(seq 100); do if grep -q "^run:slow" "$work/g/log" 2>/dev/null; then break; fi; sleep 0.1; done
"$tmplbuild" cache gc --max-size 0 --yes >"$work/gone" 2>"$work/waited"
grep -q "a build uses the store: waiting" "$work/waited" || fail "a clean-up did not wait: $(cat "$work/waited")"
wait $pid || fail "a clean-up broke a build: $(tail "$work/g/log")"
skopeo copy -q "oci:$work/g/out:latest" "dir:$work/whole" || fail "the build's image is not whole"
[ "$(ls "$first/records" | grep -c json)" = 0 ] || fail "a clean-up of all left records: $(cat "$work/gone")"
echo "image of $(curl -fsS "http://$host/v2/second/b/manifests/1" -H 'Accept: application/vnd.oci.image.manifest.v1+json' | jq '[.layers[].size] | add') bytes on a fresh machine: $ms ms, $sent bytes sent, $received received"
