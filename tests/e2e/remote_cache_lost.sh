# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# A cache that has lost layers, and one in which a step lies over another one than it was made over: what cannot be used
# is named and made again, and who may write heals the cache, so that the next machine takes all from there.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
own_store
first_store=$TMPLBUILD_CACHE
port=$(free_port)
start_registry "$work/registry" "$port"
host=127.0.0.1:$port
cache=docker://$host/me/cache
kind=application/vnd.oci.image.manifest.v1+json
example "$work/a"
# Two builders make other bytes of both.
cat >>"$work/a/template.toml" <<'TOML'
[[layers]]
use = "run"
name = "mark"
script = "head -c 300000 /dev/urandom >/opt/mark"
[[layers]]
use = "run"
name = "over"
script = "head -c 300000 /dev/urandom >/opt/over"
TOML
fresh() {
    TMPLBUILD_CACHE=$work/store
    rm -rf "$TMPLBUILD_CACHE"
}
build_to() {
    output=$1
    shift
    "$tmplbuild" build "$work/a/template.toml" -o "$output" --progress plain --metadata-file "$work/metadata" "$@" >"$work/said" 2>"$work/log" ||
        fail "build: $(tail -n 20 "$work/log")"
    jq -r .image "$work/metadata"
}
sources() { jq -r '.steps[] | select(.step | startswith("run:")) | .step + " " + .source' "$work/metadata" | sort | tr '\n' ';'; }
tag_of() { jq -r --arg step "$1" '.steps[] | select(.step == $step) | .key' "$work/metadata" | sed 's/sha256:/step-/'; }
manifest() { curl -fsS -H "Accept: $kind" "http://$host/v2/me/cache/manifests/$1"; }
# lose STEP: the registry's storage has the step's first layer no more.
lose() {
    digest=$(manifest "$(tag_of "$1")" | jq -r '.layers[0].digest')
    rm -r "$work/registry/data/docker/registry/v2/blobs/sha256/$(echo "$digest" | cut -c8-9)/${digest#sha256:}"
}
is_named() { grep -q "^warning: the cache $cache has lost a layer of the step $1, which counts as not there" "$work/log" || fail "it is not named: $(cat "$work/log")"; }

first=$(build_to "oci:$work/first" --cache-to "$cache")
fresh
[ "$(build_to "docker://$host/me/first:1" --cache-from "$cache")" = "$first" ] || fail "another image"
[ "$(sources)" = "run:mark remote;run:over remote;" ] || fail "$(sources)"

# Found when a layout needs the layer. What lay over it was made over other bytes. Without --cache-to nothing is healed.
lose run:mark
fresh
build_to "oci:$work/image" --cache-from "$cache" >/dev/null
is_named run:mark
[ "$(sources)" = "run:mark built;run:over built;" ] || fail "$(sources)"
# Found when a step is to be made over it.
fresh
cp "$work/a/template.toml" "$work/kept"
cat >>"$work/a/template.toml" <<'TOML'
[[layers]]
use = "run"
name = "top"
script = "sha256sum /opt/mark /opt/over >/opt/top"
TOML
build_to "oci:$work/image" --cache-from "$cache" >/dev/null
is_named run:mark
[ "$(sources)" = "run:mark built;run:over built;run:top built;" ] || fail "$(sources)"
[ "$(grep -c "^run:top.*failed" "$work/log")" = 0 ] || fail "a step failed for what was made then: $(cat "$work/log")"
cp "$work/kept" "$work/a/template.toml"
# Found when it is to be published by a mount; and healed.
fresh
healed=$(build_to "docker://$host/me/image:1" --cache-from "$cache" --cache-to "$cache")
is_named run:mark
[ "$(sources)" = "run:mark built;run:over built;" ] || fail "$(sources)"
fresh
[ "$(build_to "oci:$work/image" --cache-from "$cache")" = "$healed" ] || fail "another image"
[ "$(sources)" = "run:mark remote;run:over remote;" ] || fail "the cache is not healed: $(sources)"
if grep -q "has lost" "$work/log"; then fail "the cache is not healed: $(cat "$work/log")"; fi

# A clean-up took the lower of two steps: the upper one is made anew once, and written.
digest=$(curl -fsSI -H "Accept: $kind" "http://$host/v2/me/cache/manifests/$(tag_of run:mark)" | tr -d '\r' | sed -n 's/^[Dd]ocker-[Cc]ontent-[Dd]igest: //p')
curl -fsS -X DELETE "http://$host/v2/me/cache/manifests/$digest"
fresh
mixed=$(build_to "docker://$host/me/image:2" --cache-from "$cache" --cache-to "$cache")
[ "$(sources)" = "run:mark built;run:over built;" ] || fail "$(sources)"
fresh
[ "$(build_to "docker://$host/me/image:3" --cache-from "$cache")" = "$mixed" ] || fail "another image"
[ "$(sources)" = "run:mark remote;run:over remote;" ] || fail "a step over another one is made by every reader: $(sources)"
# A builder whose lower step is another one keeps its own, and leaves the cache as it is.
TMPLBUILD_CACHE=$first_store
rm "$TMPLBUILD_CACHE/records/$(tag_of run:over | sed 's/step-//').json"
before=$(manifest "$(tag_of run:over)" | sha256sum)
build_to "oci:$work/image" --cache-from "$cache" --cache-to "$cache" >/dev/null
[ "$(sources)" = "run:mark local;run:over built;" ] || fail "$(sources)"
[ "$(manifest "$(tag_of run:over)" | sha256sum)" = "$before" ] || fail "a builder of its own has replaced what fits for others"
[ "$first" != "$mixed" ] || fail "two builders made the same bytes of what is random"
