# SPDX-License-Identifier: Apache-2.0
# timeout: 240
# `push` to Debian's docker-registry: whole, again, to another repository, killed and gone on with, with a registry that
# is restarted in the middle; other tools read what arrived. And to a registry that keeps what it has of a cut upload:
# nothing is sent twice there.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
for tool in skopeo umoci buildah; do command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }; done
fakes=$TMPLBUILD_SOURCE/tests/fakes
export TMPLBUILD_CACHE=$work/store

mib=$((1 << 20))
digest=$(python3 "$fakes/random_layout.py" "$work/image" 1 $((40 * mib)) $((9 * mib)) 1000)
size=$(du -sb "$work/image/blobs" | cut -f1)
port=$(free_port)
start_registry "$work/registry" "$port"
start_relay "$port" "$work/sent"
push() { "$tmplbuild" push "$@" --progress plain >"$work/said" 2>"$work/log" || fail "push $*: $(tail -n 20 "$work/log")"; }

# Whole: every tool sees the same image.
push "oci:$work/image" "docker://127.0.0.1:$relay_port/me/a:1" "docker://127.0.0.1:$relay_port/me/a:latest" --metadata-file "$work/metadata"
grep -qx "$digest" "$work/said" || fail "the digest is not said: $(cat "$work/said")"
[ "$(jq -r .image "$work/metadata")" = "$digest" ] || fail "$(cat "$work/metadata")"
for tag in 1 latest; do
    seen=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/me/a:$tag")
    [ "$seen" = "$digest" ] || fail "skopeo sees $seen under $tag"
done
skopeo copy -q --preserve-digests --src-tls-verify=false "docker://127.0.0.1:$port/me/a:1" "oci:$work/copy:latest"
[ "$(jq -r '.manifests[0].digest' "$work/copy/index.json")" = "$digest" ] || fail "skopeo copies another image"
umoci stat --image "$work/copy:latest" >/dev/null
buildah --storage-driver vfs --root "$work/buildah" --runroot "$work/buildah-run" pull -q --tls-verify=false "docker://127.0.0.1:$port/me/a:1" >/dev/null

# Again: nothing but questions.
before=$(cat "$work/sent")
push "oci:$work/image" "docker://127.0.0.1:$relay_port/me/a:1"
again=$(($(cat "$work/sent") - before))
[ "$again" -lt 100000 ] || fail "a second push sends $again bytes"
# To another repository of that registry: by mounts.
before=$(cat "$work/sent")
push "oci:$work/image" "docker://127.0.0.1:$relay_port/me/b:1"
mounted=$(($(cat "$work/sent") - before))
[ "$mounted" -lt 100000 ] || fail "a push to another repository sends $mounted bytes"
[ "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/me/b:1")" = "$digest" ] || fail "me/b is another image"

# Whether a push was killed with an upload on its way.
in_the_middle() { ls -A "$work/store/uploads" 2>/dev/null | grep -q '\.json$'; }
# wait_for_upload PID: until it has written of an upload since $work/begun, however slow the machine is, or has ended.
wait_for_upload() {
    for _ in $(seq 500); do
        kill -0 "$1" 2>/dev/null || return 0
        [ -z "$(find "$work/store/uploads" -name '*.json' -newer "$work/begun" 2>/dev/null)" ] || return 0
        sleep 0.02
    done
}
# kill_it PID SECONDS: so long after its first upload.
kill_it() {
    wait_for_upload "$1"
    sleep "$2"
    kill -9 "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# Killed five times: what has arrived is not sent again. This registry forgets what it has of a blob that was cut, so
# each kill costs the three blobs that were on their way at most.
layer=$((4 * mib))
many=$(python3 "$fakes/random_layout.py" "$work/many" 2 $layer $layer $layer $layer $layer $layer $layer $layer $layer $layer)
size=$(du -sb "$work/many/blobs" | cut -f1)
start_relay "$port" "$work/slow" $((40 * mib))
hits=0
for _ in 1 2 3 4 5; do
    touch "$work/begun"
    "$tmplbuild" push "oci:$work/many" "docker://127.0.0.1:$relay_port/me/c:1" --progress plain >/dev/null 2>&1 &
    kill_it $! "0.$((RANDOM % 4))"
    if in_the_middle; then hits=$((hits + 1)); fi
    seen=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/me/c:1" 2>/dev/null || true)
    [ -z "$seen" ] || [ "$seen" = "$many" ] || fail "half an image can be seen"
done
[ $hits -gt 0 ] || fail "no kill hit an upload"
push "oci:$work/many" "docker://127.0.0.1:$relay_port/me/c:1"
[ "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/me/c:1")" = "$many" ] || fail "me/c is another image"
most=$((size + 5 * 3 * layer + 1000000))
[ "$(cat "$work/slow")" -lt $most ] || fail "$(cat "$work/slow") bytes were sent for $size"
[ -z "$(ls -A "$work/store/uploads")" ] || fail "the journal is not empty: $(ls -A "$work/store/uploads")"

# A registry that is killed in the middle and comes back without what it had.
start_relay "$port" "$work/restarted" $((40 * mib))
touch "$work/begun"
"$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$relay_port/other/d:1" --progress plain >/dev/null 2>"$work/log" &
pid=$!
wait_for_upload $pid
sleep 0.2
kill -9 "$registry_pid"
sleep 0.5
rm -rf "$work/registry/data"
start_registry "$work/registry" "$port"
wait $pid || fail "a push does not survive its registry's restart: $(tail "$work/log")"
skopeo copy -q --src-tls-verify=false "docker://127.0.0.1:$port/other/d:1" "oci:$work/copy:d" || fail "what arrived is not whole"

# A registry that keeps what it has: killed ten times, and hardly a byte is sent twice.
"$TMPLBUILD_SOURCE/tests/registry-kit/kit" serve honest-push >"$work/keeping" &
registry_pids="$registry_pids $!"
for _ in $(seq 200); do [ ! -s "$work/keeping" ] && sleep 0.05 || break; done
port=$(head -n 1 "$work/keeping" | jq .port)
start_relay "$port" "$work/kept" $((40 * mib))
hits=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
    touch "$work/begun"
    "$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$relay_port/x:1" --progress plain >/dev/null 2>"$work/log" &
    kill_it $! "0.$((RANDOM % 3))"
    if in_the_middle; then hits=$((hits + 1)); fi
done
[ $hits -gt 0 ] || fail "no kill hit an upload"
push "oci:$work/image" "docker://127.0.0.1:$relay_port/x:1"
[ -z "$(ls -A "$work/store/uploads")" ] || fail "the journal is not empty: $(ls -A "$work/store/uploads")"
size=$(du -sb "$work/image/blobs" | cut -f1)
kept=$(cat "$work/kept")
[ $((kept * 10)) -lt $((size * 11)) ] || fail "$kept bytes were sent for $size"
echo "image $size bytes: again $again, mounted $mounted, killed ten times, $hits in an upload, $kept"

# As an output of a build, beside a layout: the same image; and with nothing to build, nothing to send.
TMPLBUILD_CACHE=$shared_store
port=$(free_port)
start_registry "$work/built" "$port"
start_relay "$port" "$work/by-build"
example "$work/a"
built=$(build "$work/a" -o "docker://127.0.0.1:$relay_port/built/a:1")
[ "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$port/built/a:1")" = "$built" ] || fail "the build's image is another one"
before=$(cat "$work/by-build")
[ "$(build "$work/a" -o "docker://127.0.0.1:$relay_port/built/a:1")" = "$built" ] || fail "a second build makes another image"
[ $(($(cat "$work/by-build") - before)) -lt 100000 ] || fail "a build of nothing sends $(($(cat "$work/by-build") - before)) bytes"
grep -qx "docker://127.0.0.1:$relay_port/built/a:1" "$work/a/said" || fail "the output is not named: $(cat "$work/a/said")"
# A layer that is built goes up while the build goes on, those below it too; the image is named when it is proven.
date +%s%N >"$work/a/site/more"  # not in the store by an earlier run of this test
"$tmplbuild" build "$work/a/template.toml" -o "docker://127.0.0.1:$relay_port/early/a:1" --progress plain >/dev/null 2>"$work/log" || fail "$(tail "$work/log")"
grep -q "layers for docker://127.0.0.1:$relay_port/early/a: built" "$work/log" || fail "no layer went up early: $(cat "$work/log")"
expect 0 "$built" "$tmplbuild" inspect "docker://127.0.0.1:$port/built/a:1"

# What is wrong is said in words.
expect 4 "ghcr.invalid" "$tmplbuild" push "oci:$work/image" docker://ghcr.invalid/me/x:1 --progress plain
expect 2 "does not name a registry" "$tmplbuild" push "oci:$work/image" "oci:$work/elsewhere" --progress plain
