# SPDX-License-Identifier: Apache-2.0
# needs: base
# `runpod` on a built image: its body and its page, what is refused before anything is sent, and publishing against a strict
# stand-in for RunPod's API: made once whatever goes wrong, changed, left alone; the key is never shown.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
example "$work/pod"
template=$work/pod/template.toml
cat >>"$template" <<'T'

[runpod]
volume_gb = 20
readme = "A small pod."
category = "CPU"
T
digest=$(build "$work/pod")
image=oci:$work/pod/out
runpod() { "$tmplbuild" runpod "$template" -o "$work/page" "$@"; }

# Without a registry nobody could pull it; nothing is written.
expect 2 "image-not-pushed" runpod --image "$image"
[ ! -e "$work/page" ] || fail "a refused template leaves files"
# The body of an image that is not pushed yet.
runpod --image "$image" --set runpod.image=registry.example/me/small >"$work/body" 2>"$work/log" || fail "$(cat "$work/log")"
jq -e --arg image "registry.example/me/small@$digest" '.image == $image and .disk >= 10 and .ports == ["8888/http"] and
    .mounts.persistent == {"size": 20, "path": "/workspace"} and .startSsh == false and .category == "CPU"' "$work/body" >/dev/null ||
    fail "$(cat "$work/body")"
grep -q "nothing was sent" "$work/log" || fail "it does not say that nothing was sent"
cmp -s "$work/body" "$work/page/template.json" || fail "template.json differs from what is printed"
grep -q "A small pod." "$work/page/README.md" || fail "README.md lacks the author's words"
grep -qx "8888/http  *web" "$work/page/ports.txt" || fail "$(cat "$work/page/ports.txt")"
# The disk is measured: what du says of the unpacked layers, within a tenth.
mkdir "$work/unpacked"
"$tmplbuild" inspect "$image" --json | jq -r '.manifest.layers[].digest' | while read -r layer; do
    zstd -dcq "$work/pod/out/blobs/sha256/${layer#sha256:}" | tar -C "$work/unpacked" -x --exclude '.wh.*'
done
real=$(du -s --block-size=1 "$work/unpacked" | cut -f1)
said=$(sed -n 's/.* to fetch, \([0-9.]*\) MB on the disk.*/\1/p' "$work/page/README.md")
python3 -c "real, said = $real, $said * 1e6; assert 0.9 * real <= said <= 1.1 * real, (real, said)" || fail "the size on the disk is $real, and the page says $said MB"

# Each lint ends the command before anything is sent, warnings with --strict alone.
ready="--image $image --set runpod.image=registry.example/me/small"
# shellcheck disable=SC2086
{
    expect 2 "volume-too-small" runpod $ready --set runpod.volume_gb=5
    expect 2 "secret-in-plain" runpod $ready --set 'runpod.environment={HF_TOKEN="hf_x"}'
    expect 0 "key-without-sshd" runpod $ready --set 'runpod.environment={PUBLIC_KEY="ssh-ed25519 A"}'
    expect 2 "key-without-sshd" runpod $ready --set 'runpod.environment={PUBLIC_KEY="ssh-ed25519 A"}' --strict
}

# Pushed: by its tag, and published.
port=$(free_port)
start_registry "$work/registry" "$port"
"$tmplbuild" push "$image" "docker://127.0.0.1:$port/me/small:1" >/dev/null 2>"$work/log" || fail "$(cat "$work/log")"
python3 "$TMPLBUILD_SOURCE/tests/fakes/runpod_api.py" "$work/state" "$work/fault" >"$work/api" &
registry_pids="$registry_pids $!"
for _ in $(seq 200); do
    [ ! -s "$work/api" ] || break
    sleep 0.05
done
api=http://127.0.0.1:$(head -n 1 "$work/api")
pushed="--image docker://127.0.0.1:$port/me/small:1 --publish --api $api"
export RUNPOD_API_KEY=rpa_good
count() { jq length "$work/state"; }
# shellcheck disable=SC2086
{
    echo cut >"$work/fault"  # it is made, and the answer is lost
    expect 0 "template tpl1 'small' made" runpod $pushed
    [ "$(count)" = 1 ] || fail "$(cat "$work/state")"
    expect 0 "is as it should be" runpod $pushed
    expect 0 "changed: disk" runpod $pushed --set runpod.disk_gb=40
    echo 502 >"$work/fault"
    expect 4 "HTTP status 502" runpod $pushed --set runpod.disk_gb=45
    expect 0 "is as it should be" runpod $pushed --set runpod.disk_gb=45
    echo 409 >"$work/fault"
    expect 4 "run the command again" runpod $pushed
    echo 429 >"$work/fault"
    expect 4 "rate limit exceeded" runpod $pushed
    expect 0 "changed: disk" runpod $pushed
    RUNPOD_API_KEY=rpa_pages expect 0 "is as it should be" runpod $pushed
    RUNPOD_API_KEY=rpa_reader expect 4 "403" runpod $pushed --set runpod.name=other
    RUNPOD_API_KEY=wrong expect 4 "401" runpod $pushed
    RUNPOD_API_KEY='' expect 2 "there is no API key" runpod $pushed
    printf 'rpa_good\n' >"$work/key"
    RUNPOD_API_KEY='' expect 0 "tpl2 'other' made" runpod $pushed --set runpod.name=other --key-file "$work/key"
    expect 0 "tpl1 'third' changed: name" runpod $pushed --set runpod.name=third --set runpod.id=tpl1
    expect 2 "needs an https address" runpod ${pushed%--api *}--api http://api.example
    expect 4 "looking for the image" runpod --image "$image" --set "runpod.image=127.0.0.1:$port/me/none" --publish --api "$api"
}
[ "$(count)" = 2 ] || fail "$(cat "$work/state")"
jq -e --arg image "127.0.0.1:$port/me/small@$digest" 'all(.image == $image)' "$work/state" >/dev/null || fail "$(cat "$work/state")"
! grep -r rpa_ "$work/page" "$work/out" "$work/log" || fail "the key is shown"
# A registry with a login: hosts need one, too.
login=$(free_port)
required_login=me:secret start_registry "$work/private" "$login"
export REGISTRY_AUTH_FILE=$work/auth.json
printf '{"auths":{"127.0.0.1:%s":{"auth":"%s"}}}' "$login" "$(printf me:secret | base64)" >"$REGISTRY_AUTH_FILE"
"$tmplbuild" push "$image" "docker://127.0.0.1:$login/me/small:1" >/dev/null 2>"$work/log" || fail "$(cat "$work/log")"
expect 2 "private-without-registry" runpod --image "docker://127.0.0.1:$login/me/small:1"
expect 0 '"registry": "reg1"' runpod --image "docker://127.0.0.1:$login/me/small:1" --set runpod.registry=reg1
