# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 3000
# needs: uv base
# Bases as people find them in registries, made by mmdebstrap and buildah: Debian 11 to 13, and one whose Python is not the
# distribution's. Every kind of layer is built above each of them, and the image runs.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
. "$TMPLBUILD_SOURCE/tests/e2e/registry_lib.sh"
export TMPLBUILD_CACHE=$work/store
port=$(free_port)
start_registry "$work/registry" "$port"
printf '[storage]\ndriver = "vfs"\nrunroot = "%s"\ngraphroot = "%s"\n' "$work/run" "$work/graph" >"$work/storage.conf"
export CONTAINERS_STORAGE_CONF="$work/storage.conf" BUILDAH_ISOLATION=chroot
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$work/policy.json"
# Where this machine's own packages come from serves the other suites, too.
mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' | grep -m 1 ' bookworm main$' | cut -d' ' -f1)
[ -n "$mirror" ] || { echo "skipped: this machine has no apt source of bookworm"; exit 77; }

# publish NAME TAR [COMMAND]: an image of two layers, the second one what COMMAND does in it, as a registry has it.
publish() {
    container=$(buildah from -q scratch)
    buildah add --quiet "$container" "$2" / >/dev/null
    buildah commit --signature-policy "$work/policy.json" -q --format docker --rm "$container" "$1-one" >/dev/null
    container=$(buildah from --signature-policy "$work/policy.json" --pull=never -q "localhost/$1-one")
    buildah config --env BASE_SAYS=hello --workingdir /srv "$container"
    buildah run "$container" sh -c "${3:-true}; echo $1 >/etc/base-name"
    buildah commit --signature-policy "$work/policy.json" -q --format docker --rm "$container" "$1" >/dev/null
    buildah push --signature-policy "$work/policy.json" -q --tls-verify=false "localhost/$1" "docker://127.0.0.1:$port/bases/$1:1"
    buildah rmi -f "localhost/$1" "localhost/$1-one" >/dev/null
}
# above NAME: builds every kind of layer above the base, proves the image, and starts it.
above() {
    mkdir -p "$work/$1/site"
    echo page >"$work/$1/site/page"
    cat >"$work/$1/template.toml" <<TOML
schema = 1
console.enabled = false
name = "above-$1"
[base]
image = "127.0.0.1:$port/bases/$1:1"
[[layers]]
use = "apt"
packages = ["tree"]
[[layers]]
use = "python"
venv = "/opt/venv"
requirements = ["six", "tabulate"]
[[layers]]
use = "files"
name = "site"
source = "site"
dest = "/opt/site"
[[layers]]
use = "run"
name = "look"
script = "tree /opt/site | grep -q page; /opt/venv/bin/python -c 'import six, tabulate'; test \"\$(cat /etc/base-name)\" = $1; echo done >/opt/looked"
[[services]]
name = "web"
command = ["/opt/venv/bin/python", "-m", "http.server", "--bind", "{host}", "{port}"]
directory = "/opt/site"
port = 8888
public = true
ready = { http = "/page" }
TOML
    first=$(build "$work/$1")
    expect 0 yes "$tmplbuild" verify "oci:$work/$1/out"
    said=$("$tmplbuild" run "$work/$1/template.toml" --progress plain -- /bin/sh -c 'echo "$BASE_SAYS $(cat /opt/looked /etc/base-name | tr "\n" " ")"' 2>"$work/log" | grep hello) ||
        fail "$1 does not run: $(tail -n 20 "$work/log")"
    [ "$said" = "hello done $1 " ] || fail "$1 says '$said'"
    [ "$(build "$work/$1")" = "$first" ] || fail "$1 becomes another image the second time"
    ! grep -q ': built' "$work/$1/log" || fail "an unchanged template built something over $1: $(cat "$work/$1/log")"
    echo "$1: $first"
}
for suite in bullseye bookworm trixie; do
    mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates "$suite" "$work/$suite.tar" "$mirror" 2>"$work/log" ||
        fail "mmdebstrap $suite: $(tail "$work/log")"
    publish "$suite" "$work/$suite.tar"
    above "$suite"
done
# As images of Python have it: the interpreter is under /usr/local, and the distribution has none on PATH.
publish own-python "$work/bookworm.tar" 'mkdir -p /usr/local/bin; mv /usr/bin/python3.11 /usr/local/bin/; rm /usr/bin/python3; ln -s python3.11 /usr/local/bin/python3'
above own-python
