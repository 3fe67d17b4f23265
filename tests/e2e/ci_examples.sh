# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# needs: kernel-tools
# The workflows of examples/ci, run as their CI systems run them, against one registry with logins: the first compiles each
# variant once, the second and the third only what a new GPU needs, and all images are those that one machine makes.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
for tool in jq envsubst; do command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }; done
fakes=$TMPLBUILD_SOURCE/tests/fakes/ci
examples=$TMPLBUILD_SOURCE/examples/ci
port=$(free_port)
login=$(printf 'someone:secret-of-%s' "$port")
required_login=$login start_registry "$work/registry" "$port"
at=127.0.0.1:$port

# Sources as they are committed: a template with its lock.
kernel_example "$work/sources" "$TMPLBUILD_SOURCE/tests/fakes/tiny" '["RTX 4090", "RTX 3090"]'
echo "// $(date +%s%N)" >>"$work/sources/tiny/src/tiny.cu"  # not in the store by an earlier run of this test
"$tmplbuild" lock "$work/sources/template.toml" --progress plain 2>"$work/log" || fail "$(tail "$work/log")"
# one_machine NAME: the digest that one machine makes of the sources, with a store that no other machine sees.
one_machine() {
    cp -r "$work/sources" "$work/$1"
    (
        TMPLBUILD_CACHE=$(copy_store "$1")
        build "$work/$1"
    )
}

# The tool on PATH. Packages are there already; nothing of this machine is changed.
mkdir "$work/bin"
ln -s "$tmplbuild" "$work/bin/tmplbuild"
cat >"$work/bin/apt-get" <<'SH'
#!/bin/sh
case $* in *" update" | *" install --no-install-recommends "*) exit 0 ;; esac
exit 100
SH
chmod +x "$work/bin/apt-get"
export PATH="$work/bin:$PATH"
# compiled LOG...: how many variants these logs say that they compiled.
compiled() { cat "$@" | grep -c '^kernel:tiny:[0-9.]*: built' || true; }
# published REPOSITORY TAG: the digest under that tag.
published() {
    skopeo inspect --tls-verify=false --creds "$login" --format '{{.Digest}}' "docker://$at/$1:$2" || fail "$1:$2 is not there"
}

# GitHub: two variants, each in a job of its own.
mkdir "$work/action"
cat >"$work/action/action.yml" <<'YAML'
inputs: {version: {required: true}, sha256: {required: true}, url: {required: true}}
runs: {using: composite, steps: [{run: tmplbuild --version >/dev/null, shell: bash}]}
YAML
sed "s|ghcr.io/OWNER/NAME|$at/hub/pod|; s|ghcr.io|$at|; s|sha256:DIGEST|sha256:0|" "$examples/github/image.yml" >"$work/image.yml"
/usr/bin/python3 "$fakes/github.py" "$work/image.yml" "$work/sources" "$work/github" --store "$TMPLBUILD_CACHE" --secret "GITHUB_TOKEN=${login#*:}" \
    --action "OWNER/tmplbuild/packaging/action=$work/action" >"$work/said" || fail "$(cat "$work/said" "$work"/github/*/log | tail -n 60)"
expected=$(one_machine first)
[ "$(published hub/pod latest)" = "$expected" ] || fail "GitHub's jobs made another image: $(cat "$work/said")"
[ "$(compiled "$work"/github/compile-*/log)" = 2 ] || fail "$(compiled "$work"/github/compile-*/log) variants were compiled"
[ "$(compiled "$work"/github/plan-*/log "$work"/github/publish-*/log)" = 0 ] || fail "a variant was compiled outside of its job"
grep -q "@$expected" "$work/github/summary" || fail "the summary does not name the image"
# Again: no job compiles, and the same image is there.
/usr/bin/python3 "$fakes/github.py" "$work/image.yml" "$work/sources" "$work/again" --store "$TMPLBUILD_CACHE" --secret "GITHUB_TOKEN=${login#*:}" \
    --action "OWNER/tmplbuild/packaging/action=$work/action" >"$work/said" || fail "$(cat "$work/said" "$work"/again/*/log | tail -n 60)"
grep -qx "compile: skipped" "$work/said" || fail "a second run compiles: $(cat "$work/said")"
[ "$(published hub/pod latest)" = "$expected" ] || fail "a second run makes another image"

# GitLab, with a GPU more: one variant is new to the cache of GitHub's jobs, which this pipeline uses.
sed -i 's/\["RTX 4090"/["RTX 5090", "RTX 4090"/' "$work/sources/template.toml"
sed "s|registry.example.com/tmplbuild@sha256:DIGEST|tmplbuild@sha256:0|; s|\$CI_REGISTRY_IMAGE/cache|$at/hub/pod-cache|" "$examples/gitlab/.gitlab-ci.yml" >"$work/gitlab-ci.yml"
/usr/bin/python3 "$fakes/gitlab.py" "$work/gitlab-ci.yml" "$work/sources" "$work/gitlab" --store "$TMPLBUILD_CACHE" \
    --variable "CI_REGISTRY=$at" --variable "CI_REGISTRY_IMAGE=$at/lab/pod" --variable "CI_REGISTRY_USER=${login%%:*}" \
    --variable "CI_REGISTRY_PASSWORD=${login#*:}" >"$work/said" || fail "$(cat "$work/said" "$work"/gitlab/*/log | tail -n 60)"
expected=$(one_machine second)
[ "$(published lab/pod latest)" = "$expected" ] || fail "GitLab's jobs made another image: $(cat "$work/said")"
[ "$(compiled "$work"/gitlab/*/log)" = 1 ] || fail "$(compiled "$work"/gitlab/*/log) variants were compiled for one new GPU"

# Kubernetes, with nothing new, and then with another source, which all variants must be compiled from again.
kubernetes() {
    mkdir "$work/$1"
    PATH="$fakes:$PATH" CLUSTER="$work/$1" SOURCES="$work/sources" STORE="$TMPLBUILD_CACHE" \
        LOGIN="{\"auths\":{\"$at\":{\"auth\":\"$(printf '%s' "$login" | base64 -w0)\"}}}" \
        TOOL=tmplbuild@sha256:0 SOURCE=sources IMAGE="docker://$at/kube/pod:1" CACHE="docker://$at/hub/pod-cache" \
        "$examples/kubernetes/run" >"$work/said" 2>&1 || fail "$(cat "$work/said" "$work/$1"/pods/*/log | tail -n 60)"
}
kubernetes nothing-new
[ "$(published kube/pod 1)" = "$expected" ] || fail "the pods made another image"
[ ! -e "$work/nothing-new/pods/tmplbuild-compile-0-0" ] || fail "pods compile what the cache has"
echo "// $(date +%s%N)" >>"$work/sources/tiny/src/tiny.cu"
kubernetes another-source
[ "$(compiled "$work"/another-source/pods/*/log)" = 3 ] || fail "$(compiled "$work"/another-source/pods/*/log) variants were compiled of another source"
expected=$(one_machine third)
[ "$(published kube/pod 1)" = "$expected" ] || fail "the pods made another image of another source"
