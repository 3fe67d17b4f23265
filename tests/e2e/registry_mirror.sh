# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# A docker-registry as the mirror of another one, by registries.conf: a base comes through it, and still does when the
# registry is away; the image and the lock are the same with the mirror and without; what is blocked is refused.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
unset DOCKER_CONFIG DOCKER_AUTH_CONFIG REGISTRY_AUTH_FILE XDG_CONFIG_HOME CONTAINERS_REGISTRIES_CONF
export HOME="$work/home" XDG_RUNTIME_DIR="$work/home"
mkdir -p "$work/home/.config/containers" "$work/b/site"
settings=$work/home/.config/containers/registries.conf

example "$work/a"
digest=$(build "$work/a")
origin=$(free_port)
start_registry "$work/origin" "$origin"
origin_pid=$registry_pid
"$tmplbuild" push "oci:$work/a/out" "docker://127.0.0.1:$origin/team/small:1" --progress plain >/dev/null 2>"$work/err" || fail "$(cat "$work/err")"
# A mirror that fetches what it is asked for and keeps it.
through=$(free_port)
mkdir "$work/through"
cat >"$work/through.yml" <<YML
version: 0.1
storage: {filesystem: {rootdirectory: $work/through}}
http: {addr: "127.0.0.1:$through"}
proxy: {remoteurl: "http://127.0.0.1:$origin"}
YML
docker-registry serve "$work/through.yml" >"$work/through.log" 2>&1 &
registry_pids="$registry_pids $!"
wait_for_port "$through"
nobody=$(free_port)
cat >"$settings" <<TOML
unqualified-search-registries = ["127.0.0.1:$nobody"]
[[registry]]
prefix = "127.0.0.1:$origin"
[[registry.mirror]]
location = "127.0.0.1:$through"
insecure = true
TOML

cat >"$work/b/template.toml" <<TOML
schema = 1
console.enabled = false
name = "on-top"
[base]
image = "127.0.0.1:$origin/team/small:1"
[[layers]]
use = "files"
name = "top"
source = "site"
dest = "/opt/top/"
TOML
echo top >"$work/b/site/top"
own_store
mirrored=$(build "$work/b")
grep -q "GET /v2/team/small/blobs/sha256:.* 200 " "$work/through.log" || fail "no layer came through the mirror"
grep -q "\"image\": \"$digest\"" "$work/b/template.lock" || fail "the lock does not pin the image"
! grep -q "$through" "$work/b/template.lock" || fail "the mirror is in the lock"
cp "$work/b/template.lock" "$work/lock"

# Without the settings, the same image with the same lock; the steps of the store are those that came through the mirror.
mv "$settings" "$settings.not"
[ "$(build "$work/b")" = "$mirrored" ] || fail "another image without the mirror"
! grep -q ': built' "$work/b/log" || fail "a step's key knows the mirror: $(cat "$work/b/log")"
cmp "$work/lock" "$work/b/template.lock" || fail "the lock changed"

# The registry is away: what the lock pins still comes from the mirror, into an empty store.
mv "$settings.not" "$settings"
kill -9 "$origin_pid"
wait "$origin_pid" 2>/dev/null || true
rm -rf "$TMPLBUILD_CACHE"
[ "$(build "$work/b")" = "$mirrored" ] || fail "another image from the mirror alone"
expect 0 "yes" "$tmplbuild" verify "docker://127.0.0.1:$origin/team/small@$digest"

# --- a mirror with a damaged layer, and the registry ------------------------------------------------------------------
start_registry "$work/origin" "$origin"
# A push is not for mirrors.
expect 0 "$mirrored" "$tmplbuild" push "oci:$work/b/out" "docker://127.0.0.1:$origin/team/made:1" --progress plain
! grep -q "/v2/team/made/" "$work/through.log" || fail "a push asked the mirror"
held=$(free_port)
cp -r "$work/origin" "$work/held"
start_registry "$work/held" "$held"
largest=$(find "$work/held/data" -name data -size +1024k -printf '%s %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)
printf x | dd of="$largest" bs=1 seek=500000 conv=notrunc status=none
sed -i "s/127.0.0.1:$through/127.0.0.1:$held/" "$settings"
rm -rf "$TMPLBUILD_CACHE"
[ "$(build "$work/b")" = "$mirrored" ] || fail "another image from a mirror with a damaged layer"
grep -q "the mirror 127.0.0.1:$held/team/small is passed over for 127.0.0.1:$origin/team/small: " "$work/b/log" || fail "the mirror is not named: $(cat "$work/b/log")"

# --- what the file may hold -------------------------------------------------------------------------------------------
printf '[[registry]]\nlocation = "127.0.0.1:%s/team"\nblocked = true\n' "$origin" >"$settings"
expect 3 "'127.0.0.1:$origin/team/small' is blocked on this machine" "$tmplbuild" inspect "docker://127.0.0.1:$origin/team/small:1"
expect 3 "is blocked on this machine" "$tmplbuild" push "oci:$work/b/out" "docker://127.0.0.1:$origin/team/made:1" --progress plain
printf '[[registry]]\nlocation = "127.0.0.1:%s"\ninsecure = "yes"\n' "$origin" >"$settings"
expect 3 "[[registry]] 1: insecure is neither true nor false" "$tmplbuild" inspect "docker://127.0.0.1:$origin/team/small:1"
expect 0 "$digest" "$tmplbuild" inspect "oci:$work/a/out"  # no registry, no settings
