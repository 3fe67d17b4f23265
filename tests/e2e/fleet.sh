# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# needs: kernel-tools
# Builders with stores of their own and one registry as their cache: two race for one variant, one is killed while it
# compiles and while it writes to the cache, one runs without the cache; what is put together is what one machine makes.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
port=$(free_port)
start_registry "$work/registry" "$port"
cache=docker://127.0.0.1:$port/cache

kernel_example "$work/sources" "$TMPLBUILD_SOURCE/tests/fakes/tiny" '["RTX 5090", "RTX 4090", "RTX 3090"]'
echo "// $(date +%s%N)" >>"$work/sources/tiny/src/tiny.cu"  # not in the store by an earlier run of this test
"$tmplbuild" lock "$work/sources/template.toml" --progress plain 2>"$work/log" || fail "$(tail "$work/log")"
# builder NAME [used]: a machine with the sources, and a store that has what package indexes have and no step; a used one has
# the base and the compilers, too.
builder() {
    cp -r "$work/sources" "$work/$1"
    mkdir "$work/$1/store"
    if [ "${2:-}" = used ]; then
        add_store "$TMPLBUILD_CACHE" "$work/$1/store"
    else
        cp -alPn "$TMPLBUILD_CACHE/blobs" "$work/$1/store/"
    fi
}
# on NAME COMMAND...: tmplbuild on that machine, at its template; what it says goes to its log.
on() {
    at=$work/$1 command=$2
    shift 2
    TMPLBUILD_CACHE=$at/store "$tmplbuild" "$command" "$at/template.toml" --progress plain "$@" >>"$at/said" 2>>"$at/log"
}
log_of() { tail -n 30 "$work/$1/log"; }

# The plan: three variants, and what they need is made once.
builder plan used
on plan matrix --cache-from "$cache" || fail "$(log_of plan)"
cp "$work/plan/said" "$work/matrix"
[ "$(jq -r '[.include[].step] | join(" ")' "$work/matrix")" = "kernel:tiny:8.0 kernel:tiny:8.9 kernel:tiny:12.0" ] || fail "$(cat "$work/matrix")"
[ "$(jq -r '.include[0].needs[0]' "$work/matrix")" = base ] || fail "$(cat "$work/matrix")"
jq -r '.include[].needs[] | "--only=" + .' "$work/matrix" | sort -u >"$work/needs"
# shellcheck disable=SC2046
on plan build --cache-from "$cache" --cache-to "$cache" $(cat "$work/needs") || fail "$(log_of plan)"
on plan matrix --cache-from "$cache" || fail "$(log_of plan)"
[ "$(tail -n 1 "$work/plan/said" | jq '[.include[].needs[]] | length')" = 0 ] || fail "what was made is not there: $(tail -n 1 "$work/plan/said")"
rm -rf "$work/plan/store"

# Two race for one variant: both are done, and both have the same layer.
builder one
builder other
on one build --only kernel:tiny:8.0 --cache-from "$cache" --cache-to "$cache" --metadata-file "$work/one/made" & one=$!
on other build --only kernel:tiny:8.0 --cache-from "$cache" --cache-to "$cache" --metadata-file "$work/other/made" & other=$!
wait $one || fail "$(log_of one)"
wait $other || fail "$(log_of other)"
layers_made() { jq -r '.steps[] | select(.step == "kernel:tiny:8.0").layers[].digest' "$1"; }
[ "$(layers_made "$work/one/made")" = "$(layers_made "$work/other/made")" ] || fail "two builders made two layers"
[ -n "$(layers_made "$work/one/made")" ] || fail "$(cat "$work/one/made")"

# One is killed at any moment, again and again: nobody sees half a step, and the next one does it.
builder killed
for seconds in 0.3 1 2 4; do
    on killed build --only kernel:tiny:8.9 --cache-from "$cache" --cache-to "$cache" & killed=$!
    sleep "$seconds"
    kill -9 $killed 2>/dev/null || true
    wait $killed 2>/dev/null || true
    on other matrix --cache-from "$cache" || fail "$(log_of other)"
done
on killed build --only kernel:tiny:8.9 --cache-from "$cache" --cache-to "$cache" || fail "$(log_of killed)"
on other matrix --cache-from "$cache" || fail "$(log_of other)"
[ "$(tail -n 1 "$work/other/said" | jq -r '[.include[].step] | join(" ")')" = kernel:tiny:12.0 ] || fail "$(tail -n 1 "$work/other/said")"

# The last machine makes what nobody did, and the image is the one that a machine without any cache makes.
builder last
on last build --cache-from "$cache" --cache-to "$cache" -o "docker://127.0.0.1:$port/pod:1" || fail "$(log_of last)"
grep -q '^kernel:tiny:12.0: built' "$work/last/log" || fail "$(log_of last)"
! grep -q '^kernel:tiny:8\.[09]: built' "$work/last/log" || fail "a variant was compiled twice: $(log_of last)"
builder alone used
on alone build -o "oci:$work/alone/out" || fail "$(log_of alone)"
digest=$(grep -m 1 '^sha256:' "$work/alone/said")
[ "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/pod:1")" = "$digest" ] || fail "the fleet made another image than one machine"

# A base that the cache gave is read where the lock needs its packages; a job needs the secrets of its own steps alone.
builder more
cat >>"$work/more/template.toml" <<'TOML'
[[layers]]
use = "apt"
packages = ["tree"]
[[layers]]
use = "run"
name = "private"
command = ["true"]
secrets = ["token"]
TOML
on more build --only apt:apt --cache-from "$cache" || fail "$(log_of more)"
! grep -q '^base: built' "$work/more/log" || fail "the base was built again: $(log_of more)"
TMPLBUILD_CACHE=$work/more/store expect 2 "needs the secret 'token'" "$tmplbuild" build "$work/more/template.toml" -o "oci:$work/x"

# Without its cache a job has no result, and without an answer nobody knows what there is to do.
dead=docker://127.0.0.1:$(free_port)/cache
TMPLBUILD_CACHE=$work/more/store expect 4 "is not written to the cache" "$tmplbuild" build "$work/more/template.toml" --only apt:apt --cache-to "$dead"
TMPLBUILD_CACHE=$work/more/store expect 4 "run it again when the cache answers" "$tmplbuild" matrix "$work/last/template.toml" --cache-from "$dead"

# What --only cannot be.
expect 2 "the plan has no step 'kernel:tiny:9'" "$tmplbuild" build "$work/last/template.toml" --only kernel:tiny:9
expect 2 "nothing for --output" "$tmplbuild" build "$work/last/template.toml" --only base -o "oci:$work/x"
