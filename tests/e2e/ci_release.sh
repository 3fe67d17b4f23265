# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 2400
# needs: kernel-tools
# The pipeline of examples/ci/gitlab with a release in a privileged container that has Debian's packages of what builds start
# and nothing of this build: from a template to a published image, without a step by hand.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/release_lib.sh"
port=$(free_port)
login=someone:secret-of-$port
required_login=$login start_registry "$work/registry" "$port"
at=127.0.0.1:$port
kernel_example "$work/sources" "$TMPLBUILD_SOURCE/tests/fakes/tiny" '["RTX 5090", "RTX 4090", "RTX 3090"]'
echo "// $(date +%s%N)" >>"$work/sources/tiny/src/tiny.cu"
digest=$(build "$work/sources")
rm -rf "$work/sources/out"

make_release
root=$work/root
# As packaging/image has it, and Python for the stand-in for GitLab.
debian_root bookworm "$root" ca-certificates git jq mmdebstrap mount python3 python3-yaml python3-pip python3-venv runc xz-utils zstd
tar -C "$root/opt" --zstd -xf "$work/dist/$release_name.tar.zst"
ln -s "/opt/$release_name/bin/tmplbuild" "$root/usr/local/bin/tmplbuild"
mkdir "$root/ci"
cp -r "$TMPLBUILD_SOURCE/tests/fakes/ci" "$root/ci/stand-in"
cp -r "$work/sources" "$root/ci/sources"
sed "s|registry.example.com/tmplbuild@sha256:DIGEST|tmplbuild@sha256:0|" "$TMPLBUILD_SOURCE/examples/ci/gitlab/.gitlab-ci.yml" >"$root/ci/pipeline.yml"
# The settings of this machine's package index and its certificates, which a runner brings along.
for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/hosts; do
    [ ! -e "$file" ] || { mkdir -p "$root/$(dirname "$file")" && cp -r "$file" "$root/$(dirname "$file")/"; }
done
settings=$(env | grep -iE '^(PIP_|UV_|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|[a-z]*_proxy=)' || true)
oldifs=$IFS
IFS='
'
# shellcheck disable=SC2086
container "$root" privileged "cd /ci; python3 stand-in/gitlab.py pipeline.yml sources work \
    --variable CI_REGISTRY=$at --variable CI_REGISTRY_IMAGE=$at/lab/pod --variable CI_REGISTRY_USER=${login%%:*} \
    --variable CI_REGISTRY_PASSWORD=${login#*:} --at-once 2" $settings >"$work/said" 2>&1 || fail "$(cat "$work/said" "$root"/ci/work/*/log | tail -n 60)"
IFS=$oldifs
[ "$(skopeo inspect --tls-verify=false --creds "$login" --format '{{.Digest}}' "docker://$at/lab/pod:latest")" = "$digest" ] || fail "the container made another image"
[ "$(cat "$root"/ci/work/*/log | grep -c '^kernel:tiny:[0-9.]*: built')" = 3 ] || fail "not each variant was compiled once"
cat "$work/said"
