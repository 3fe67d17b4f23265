# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 900
# The tool's own image, built by the tool, under runc as CI systems run it: with the image's entrypoint and a shell behind it
# (GitLab), and with a shell alone (GitHub). In a plain container it answers questions and says what a build lacks; in a
# privileged one it builds with a runc of its own, a command included, what this machine builds.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/release_lib.sh"
make_release
tar -C "$work" -xzf "$work/dist/$release_name.tar.gz"
"$TMPLBUILD_SOURCE/packaging/image/make" "$work/$release_name" "oci:$work/image" --progress plain >"$work/said" 2>&1 ||
    fail "the image: $(tail -n 20 "$work/said")"
umoci unpack --image "$work/image:latest" "$work/unpacked" >/dev/null
root=$work/unpacked/rootfs

mkdir "$work/b"
python3 "$TMPLBUILD_SOURCE/tests/fakes/random_layout.py" "$work/b/base" 1 "bin/sh=$(command -v busybox)" >/dev/null
cat >"$work/b/template.toml" <<'TOML'
schema = 1
console.enabled = false
name = "look"
base.layout = "base"
layers = [
  { use = "files", name = "note", source = "note", dest = "/opt/note" },
  { use = "run", name = "look", script = "echo seen >/seen" },
]
TOML
echo from below >"$work/b/note"
cp -r "$work/b" "$root/b"
build "$work/b" >"$work/digest"

for entrypoint in /opt/tmplbuild/launcher ""; do
    rm -rf "$root/b/out" "$root/root/.cache"
    container "$root" plain "tmplbuild --version" >"$work/said" 2>"$work/err" || fail "--version: $(cat "$work/err")"
    head -n 1 "$work/said" | grep -qx "tmplbuild $version" || fail "by '$entrypoint', --version says $(cat "$work/said")"
    # GitLab's runner starts a shell and writes the job's script to it.
    code=0
    printf 'tmplbuild --version | head -n 1\nexit 7\n' | container "$root" plain "exec sh" >"$work/said" 2>"$work/err" || code=$?
    [ "$code" = 7 ] && grep -qx "tmplbuild $version" "$work/said" || fail "by '$entrypoint', a script on stdin: $code, $(cat "$work/said" "$work/err")"
    container "$root" plain "cd /b && tmplbuild plan template.toml" >"$work/said" 2>&1 || fail "plan: $(cat "$work/said")"
    expect 3 "needs the capability SYS_ADMIN" container "$root" plain "cd /b && tmplbuild build template.toml --progress plain"
    container "$root" privileged "cd /b && tmplbuild build template.toml --progress plain" >"$work/said" 2>"$work/err" ||
        fail "by '$entrypoint', the build: $(tail -n 20 "$work/err")"
    grep -qx "$(cat "$work/digest")" "$work/said" || fail "by '$entrypoint' another image was made: $(cat "$work/said")"
done
# An engine gives a container an overlay for its files: a store needs a volume, and that is said.
mkdir "$work/upper" "$work/overlay-work" "$work/over"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/overlay-work" "$work/over"
trap 'umount "$work/over"; stop_registries; tidy' EXIT
expect 3 "let TMPLBUILD_CACHE name a folder of a volume" container "$work/over" privileged \
    "cd /b && rm -rf out /root/.cache && tmplbuild build template.toml --progress plain"
container "$work/over" privileged "mkdir /volume && mount -t tmpfs tmpfs /volume && cd /b && tmplbuild build template.toml --progress plain" \
    TMPLBUILD_CACHE=/volume >"$work/said" 2>"$work/err" || fail "with a volume: $(tail -n 20 "$work/err")"
