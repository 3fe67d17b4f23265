# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# One image in every form that `build -o` writes, each read by programs that others wrote: skopeo, buildah, umoci.
# Equal images give equal files; a refused or a stopped output leaves nothing.
. "$TMPLBUILD_SOURCE/tests/e2e/lib.sh"
for tool in skopeo buildah umoci jq; do command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }; done
example "$work/a"
mkdir "$work/o"
# The machine's registries, policy and stores stay out of it.
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$work/policy.json"
printf '[storage]\ndriver = "overlay"\nrunroot = "%s"\ngraphroot = "%s"\n' "$work/run" "$work/graph" >"$work/storage.conf"
export CONTAINERS_STORAGE_CONF="$work/storage.conf" BUILDAH_ISOLATION=chroot
copy() { skopeo --policy "$work/policy.json" copy -q "$@"; }
facts() { # FOLDER: everything but the times of folders, which each tool sets in its own way
    (cd "$1" && find . -mindepth 1 ! -type d -printf '%p %y %m %U:%G %s %T@ %l\n' -o -type d -printf '%p %y %m %U:%G\n' |
        sed 's/\.0000000000 / /' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
}
buildah_facts() { # IMAGE NAME: the image's files as buildah unpacks them, and a program that runs in them
    container=$(buildah from --signature-policy "$work/policy.json" -q "$1")
    facts "$(buildah mount "$container")" >"$work/$2.facts"
    ran=$(buildah run "$container" -- /usr/bin/python3 -c 'print("it runs")')
    [ "$ran" = "it runs" ] || fail "a program of $1 does not run: $ran"
    buildah rm "$container" >/dev/null
    buildah rmi -a -f >/dev/null
}

digest=$(build "$work/a" --set image.compression=gzip -o "oci-archive:$work/o/image.tar" \
    -o "oci-archive:$work/o/tagged.tar:v1" -o "docker-archive:$work/o/docker.tar" \
    -o "docker-archive:$work/o/named.tar:registry.example:5000/team/web:v2")
config=$(skopeo inspect --raw "oci:$work/a/out:latest" | jq -r .config.digest)
[ "$(ls -A "$work/o" | wc -l)" = 4 ] || fail "more than the four files are there: $(ls -A "$work/o")"

# --- skopeo: the same image in all forms -----------------------------------------------------------------------------
for image in "oci:$work/a/out" "oci-archive:$work/o/image.tar" "oci-archive:$work/o/image.tar:latest" "oci-archive:$work/o/tagged.tar:v1"; do
    [ "$(skopeo inspect --format '{{.Digest}}' "$image")" = "$digest" ] || fail "skopeo sees another image in $image"
done
for image in "docker-archive:$work/o/docker.tar" "docker-archive:$work/o/docker.tar:small:latest" \
    "docker-archive:$work/o/named.tar:registry.example:5000/team/web:v2"; do
    [ "sha256:$(skopeo inspect --config --raw "$image" | sha256sum | cut -d' ' -f1)" = "$config" ] ||
        fail "skopeo sees another configuration in $image"
done
skopeo inspect "docker-archive:$work/o/named.tar:other:v2" >/dev/null 2>&1 && fail "any name finds the image"
# Copied into a layout, every form has the same uncompressed layers.
n=0
for image in "oci:$work/a/out:latest" "oci-archive:$work/o/image.tar" "docker-archive:$work/o/docker.tar"; do
    n=$((n + 1))
    copy "$image" "oci:$work/copy$n:x"
    skopeo inspect --config --raw "oci:$work/copy$n:x" | jq -cS .rootfs >"$work/rootfs$n"
    cmp "$work/rootfs1" "$work/rootfs$n" || fail "$image has other layers"
done
[ "$(tar -xOf "$work/o/docker.tar" manifest.json | jq -r '.[0].RepoTags[0]')" = small:latest ] || fail "docker.tar has no name"
for layer in $(tar -xOf "$work/o/docker.tar" manifest.json | jq -r '.[0].Layers[]'); do
    [ "$(tar -xOf "$work/o/docker.tar" "$layer" | sha256sum | cut -d' ' -f1).tar" = "$layer" ] || fail "$layer has other content"
done

# --- buildah and umoci: the files themselves -------------------------------------------------------------------------
cd "$work" # buildah names what it pulls after the path, and such a name has no capitals
buildah_facts "oci:a/out:latest" layout
buildah_facts "docker-archive:o/docker.tar" docker
mkdir "$work/unpacked"
tar -xf "$work/o/image.tar" -C "$work/unpacked" 2>"$work/warnings"
[ ! -s "$work/warnings" ] || fail "tar warns: $(head -n 3 "$work/warnings")"
umoci unpack --image "$work/unpacked:latest" "$work/bundle" >/dev/null
facts "$work/bundle/rootfs" >"$work/umoci.facts"
[ "$(wc -l <"$work/layout.facts")" -gt 5000 ] || fail "the layout's root is nearly empty"
for other in docker umoci; do
    diff "$work/layout.facts" "$work/$other.facts" >"$work/diff" || fail "$other has other files: $(head -n 20 "$work/diff")"
done

# --- equal bytes, and nothing half-written ---------------------------------------------------------------------------
(cd "$work/o" && sha256sum ./*) >"$work/sums"
build "$work/a" --set image.compression=gzip -o "oci-archive:$work/o/image.tar" -o "docker-archive:$work/o/docker.tar" >/dev/null
(cd "$work/o" && sha256sum ./*) | diff "$work/sums" - || fail "a second build wrote other bytes"
code=0
"$tmplbuild" build "$work/a/template.toml" --set image.compression=gzip -o "docker-archive:$work/o" 2>"$work/err" || code=$?
[ "$code" = 2 ] || fail "a folder was taken for an archive: $(cat "$work/err")"
code=0
"$tmplbuild" build "$work/a/template.toml" --set image.compression=gzip -o docker://registry.example/UPPER 2>"$work/err" || code=$?
[ "$code" = 2 ] || fail "a bad reference was not refused: $(cat "$work/err")"
code=0
"$tmplbuild" build "$work/a/template.toml" --set image.compression=gzip -o "docker-archive:$work/o/docker.tar:UPPER" 2>"$work/err" || code=$?
[ "$code" = 2 ] && grep -q "UPPER" "$work/err" || fail "a bad name was not refused: $(cat "$work/err")"
# A disk that is too small: exit 1, and what was there stays.
mkdir "$work/small"
if mount -t tmpfs -o size=4m tmpfs "$work/small" 2>/dev/null; then
    trap 'umount "$work/small"; tidy' EXIT
    echo before >"$work/small/docker.tar"
    code=0
    "$tmplbuild" build "$work/a/template.toml" --set image.compression=gzip -o "docker-archive:$work/small/docker.tar" 2>"$work/err" || code=$?
    [ "$code" = 1 ] && grep -q "full" "$work/err" || fail "a full disk ended with $code: $(cat "$work/err")"
    [ "$(cat "$work/small/docker.tar")" = before ] || fail "the archive that was there is gone"
    [ "$(ls -A "$work/small")" = docker.tar ] || fail "half an archive was left: $(ls -A "$work/small")"
fi
