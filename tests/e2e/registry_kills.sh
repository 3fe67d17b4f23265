# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 3000
# needs: base
# Fifty kills at random moments of a push, of a pull, and of a build that reads and writes a cache: whatever can be seen in
# between is whole, the run after the last kill ends well, and nothing is left behind.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
fakes=$TMPLBUILD_SOURCE/tests/fakes
port=$(free_port)
start_registry "$work/registry" "$port"
start_relay "$port" "$work/sent" $((60 << 20))
at=127.0.0.1:$relay_port
digest_of() { skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/$1" 2>/dev/null || true; }
# killed COMMAND...: started, and killed after up to 1.2 seconds.
killed() {
    "$@" >/dev/null 2>>"$work/killed.log" &
    pid=$!
    sleep "$((RANDOM % 2)).$((RANDOM % 9 + 1))"
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
}
# whole STORE: every blob in it has the digest that it is named for, and no temporary file is of a process that is gone
# after the next command.
whole() {
    for blob in "$1"/blobs/sha256/*; do
        [ -e "$blob" ] || continue
        [ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ] || fail "$blob is not what its name says"
    done
}

# --- a push -----------------------------------------------------------------------------------------------------------
export TMPLBUILD_CACHE=$work/store
mib=$((1 << 20))
digest=$(python3 "$fakes/random_layout.py" "$work/image" 1 $((24 * mib)) $((9 * mib)) $((5 * mib)) $((5 * mib)) 1000)
for i in $(seq 50); do
    [ $((i % 10)) != 1 ] || rm -rf "$work/registry/data/docker/registry/v2/repositories/pushed"  # from the beginning
    killed "$tmplbuild" push "oci:$work/image" "docker://$at/pushed:1" --progress plain
    seen=$(digest_of pushed:1)
    [ -z "$seen" ] || [ "$seen" = "$digest" ] || fail "half an image can be seen after kill $i: $seen"
done
"$tmplbuild" push "oci:$work/image" "docker://$at/pushed:1" --progress plain >/dev/null 2>"$work/log" || fail "$(tail "$work/log")"
skopeo copy -q --src-tls-verify=false "docker://127.0.0.1:$port/pushed:1" "oci:$work/copy:1" || fail "what arrived is not whole"
[ -z "$(ls -A "$work/store/uploads")" ] || fail "left: $(ls -A "$work/store/uploads")"

# --- a pull, of a base ------------------------------------------------------------------------------------------------
TMPLBUILD_CACHE=$shared_store
example "$work/small"
small=$(build "$work/small" -o "docker://127.0.0.1:$port/small:1")
mkdir "$work/top"
cat >"$work/top/template.toml" <<TOML
schema = 1
console.enabled = false
name = "top"
[base]
image = "$at/small:1"
[[layers]]
use = "run"
name = "look"
script = "test -e /opt/site; echo looked >/opt/looked"
TOML
TMPLBUILD_CACHE=$work/reference
expected=$(build "$work/top")
grep -q "$small" "$work/top/template.lock" || fail "the base is not locked by its digest"
TMPLBUILD_CACHE=$work/pulled
for i in $(seq 50); do
    [ $((i % 5)) != 1 ] || rm -rf "$TMPLBUILD_CACHE"
    killed "$tmplbuild" build "$work/top/template.toml" -o "oci:$work/top/out" --progress plain
    whole "$TMPLBUILD_CACHE"
done
[ "$(build "$work/top")" = "$expected" ] || fail "kills made another image"

# --- a cache ----------------------------------------------------------------------------------------------------------
for i in $(seq 50); do
    [ $((i % 5)) != 1 ] || rm -rf "$work/cached" "$work/registry/data/docker/registry/v2/repositories/cache"
    TMPLBUILD_CACHE=$work/cached
    killed "$tmplbuild" build "$work/top/template.toml" -o "oci:$work/top/out" --cache-from "docker://$at/cache" --cache-to "docker://$at/cache" --progress plain
    whole "$TMPLBUILD_CACHE"
    TMPLBUILD_CACHE=$work/reader-$i
    "$tmplbuild" plan "$work/top/template.toml" --cache-from "docker://$at/cache" >/dev/null 2>"$work/log" || fail "half a step can be seen after kill $i: $(cat "$work/log")"
    rm -rf "$work/reader-$i"
done
TMPLBUILD_CACHE=$work/cached
[ "$(build "$work/top" --cache-from "docker://$at/cache" --cache-to "docker://$at/cache")" = "$expected" ] || fail "kills made another image"
TMPLBUILD_CACHE=$work/fresh
[ "$(build "$work/top" --cache-from "docker://$at/cache")" = "$expected" ] || fail "the cache makes another image"
