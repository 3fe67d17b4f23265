# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# run, apt, git and fetch steps: what they leave in the image, what they must not leave, and what moves when one changes.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
example "$work/a"
t=$work/a/template.toml

# An archive on a loopback server, and beside it the repository that the submodule comes from.
mkdir -p "$work/www/pack-1.0/bin"
echo '#!/bin/sh' >"$work/www/pack-1.0/bin/go"
chmod 755 "$work/www/pack-1.0/bin/go"
tar -C "$work/www" -czf "$work/www/pack.tar.gz" pack-1.0
sha=$(sha256sum "$work/www/pack.tar.gz" | cut -d' ' -f1)
python3 -m http.server --bind 127.0.0.1 --directory "$work/www" 0 >"$work/www.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; tidy' EXIT
for _ in $(seq 100); do grep -q 'port' "$work/www.log" && break; sleep 0.1; done
port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$work/www.log" | head -n 1)

# A commit with a program, a link, a submodule, and a later commit that must not be seen.
repo() { git -C "$1" -c user.name=t -c user.email=t@example.invalid "${@:2}"; }
for name in sub main; do git init -q -b main "$work/$name"; done
echo inner >"$work/sub/inner.txt"
repo "$work/sub" add . && repo "$work/sub" commit -qm one
printf '#!/bin/sh\necho tool\n' >"$work/main/tool"
chmod 755 "$work/main/tool"
ln -s tool "$work/main/link"
echo 'import sys' >"$work/main/module.py"
git clone -q --bare "$work/sub" "$work/www/sub.git" && git -C "$work/www/sub.git" update-server-info
repo "$work/main" submodule --quiet add "http://127.0.0.1:$port/sub.git" deep
repo "$work/main" add . && repo "$work/main" commit -qm one
rev=$(git -C "$work/main" rev-parse HEAD)
echo later >"$work/main/later"
repo "$work/main" add . && repo "$work/main" commit -qm two

secret=geheim-$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
echo "$secret" >"$work/token"

cat >>"$t" <<TOML

[[layers]]
use = "git"
name = "source"
url = "file://$work/main"
rev = "$rev"
dest = "/opt/source"
submodules = true

[[layers]]
use = "fetch"
name = "pack"
url = "http://127.0.0.1:$port/pack.tar.gz"
sha256 = "$sha"
dest = "/opt/pack"
unpack = true
strip = 1

[[layers]]
use = "apt"
packages = ["jq"]

[[layers]]
use = "run"
name = "make"
script = '''
jq --version >/opt/jq-version
/opt/source/tool >/opt/tool-said
test "\$(cat /run/secrets/token | wc -c)" -gt 10
cat /run/secrets/token
ls /sys/class/net >/opt/net
env | sort >/opt/env
rm /opt/site/index.html
mkdir -p /var/cache/apt/archives /root/.cache/pip /root/.cache/huggingface /workspace
touch /var/cache/apt/archives/x /tmp/leftover /root/.cache/pip/x
echo weights >/root/.cache/huggingface/model
getent hosts localhost \$(hostname) >/opt/hosts
echo 192.0.2.1 mirror >>/etc/hosts
getent hosts mirror >/opt/mirror
for kept in /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do
    if echo x 2>/dev/null >\$kept; then echo "\$kept could be written"; exit 1; fi
done
if unshare --user true 2>/dev/null; then echo "a namespace could be made"; exit 1; fi
[ -z "\$(cat /proc/keys /proc/timer_list /proc/kcore 2>/dev/null)" ]
'''
secrets = ["token"]

[[layers]]
use = "run"
name = "online"
command = ["/bin/sh", "-c", "test -s /etc/resolv.conf && test -s \"\$SSL_CERT_FILE\" && test -f \"\$APT_CONFIG\" && echo fine >/opt/online"]
network = true
TOML
build "$work/a" --secret "token=$work/token" --secret "tokn=$work/token" --set image.compression=gzip >"$work/digest"
grep -q "^warning: no step of the template asks for the secret 'tokn'; did you mean 'token'?$" "$work/a/log" || fail "a secret that nobody asks for: $(cat "$work/a/log")"
mkdir "$work/root"
umoci unpack --image "$work/a/out:latest" "$work/bundle" >/dev/null
root=$work/bundle/rootfs
[ "$(cat "$root/opt/tool-said")" = tool ] || fail "the commit's program did not run"
grep -q '^jq-' "$root/opt/jq-version" || fail "jq was not there"
[ "$(readlink "$root/opt/source/link")" = tool ] || fail "the commit's link"
[ "$(cat "$root/opt/source/deep/inner.txt")" = inner ] || fail "the submodule"
[ ! -e "$root/opt/source/later" ] || fail "a later commit is in the layer"
[ ! -e "$root/opt/source/.git" ] || fail ".git is in the layer"
[ -x "$root/opt/pack/bin/go" ] || fail "the archive's program"
[ "$(cat "$root/opt/net")" = lo ] || fail "a run step without network has: $(cat "$root/opt/net")"
[ "$(cat "$root/opt/online")" = fine ] || fail "the network step"
[ ! -e "$root/opt/site/index.html" ] || fail "a removed file came back"
[ "$(cat "$root/root/.cache/huggingface/model")" = weights ] || fail "a user's own cache is gone"
[ "$(wc -l <"$root/opt/hosts")" = 2 ] || fail "names in a step: $(cat "$root/opt/hosts")"
grep -q "^192.0.2.1" "$root/opt/mirror" || fail "a step cannot add a name of its own"
grep -q "^run:make: left out of the image.*: /etc/hosts ([0-9]* B), /tmp/leftover (0 B)$" "$work/a/log" || fail "what was left out is not told: $(cat "$work/a/log")"
for gone in root/.cache/pip/x etc/hosts var/cache/apt/archives/x tmp/leftover run/secrets run/tmplbuild run/tmplbuild-init usr/sbin/policy-rc.d etc/resolv.conf var/lib/apt/lists/lock; do
    [ ! -e "$root/$gone" ] || fail "/$gone is in the image"
done
dpkg --root="$root" -s jq | grep -q 'install ok installed' || fail "dpkg does not know jq"
chroot "$root" /bin/true || fail "the base's programs do not run"

# The secret and what the host lends are nowhere: not in a layer, a record, the lock, the log.
for blob in "$work"/a/out/blobs/sha256/*; do
    ! (zcat "$blob" 2>/dev/null || cat "$blob") | grep -aqF "$secret" || fail "the secret is in $blob"
done
! grep -rqF "$secret" "$TMPLBUILD_CACHE/records" "$TMPLBUILD_CACHE/index" "$work/a/template.lock" "$work/a/log" || fail "the secret was kept"
grep -q '\*\*\*' "$work/a/log" || fail "the secret's line was not masked but lost"

# The same again builds nothing; without the secret's file too, since nothing has to run.
build "$work/a" --set image.compression=gzip >"$work/again"
cmp "$work/digest" "$work/again" || fail "another image the second time"
! grep -q ': built' "$work/a/log" || fail "something was built again"
# A store that knows no step, and whose unpacked trees somebody copied without modes and times, gives the same bytes, one
# step after the other on one core as well.
store=$(copy_store other)
rm -rf "$store/records" "$store/trees"
(umask 077 && cp -r "$TMPLBUILD_CACHE/trees" "$store/")
printf '#!/bin/sh\nexec taskset -c 0 "%s" "$@"\n' "$tmplbuild" >"$work/on-one-core"
chmod +x "$work/on-one-core"
mv "$work/a/out" "$work/a/first"
(export TMPLBUILD_CACHE=$store TZ=Pacific/Chatham LC_ALL=C
 tmplbuild=$work/on-one-core
 umask 077
 build "$work/a" --secret "token=$work/token" --set image.compression=gzip >"$work/clean")
cmp "$work/digest" "$work/clean" ||
    fail "a clean store gives another image: $(python3 "$TMPLBUILD_SOURCE/tests/e2e/image_difference.py" "$work/a/first" "$work/a/out" 2>&1 | head -c 20000)"

# A secret that lacks is said before anything is done; a file for the pod's volume when the command has written it.
sed "s|^jq --version.*|mkdir -p /workspace; touch /workspace/lost|; s|^secrets = .*||; s|^test .*token.*||; s|^cat /run/secrets.*||" "$t" >"$work/a/lost.toml"
cp "$work/a/template.lock" "$work/a/lost.lock"
expect 1 "the command wrote /workspace/lost: nothing of a template goes into /workspace" \
    "$tmplbuild" build "$work/a/lost.toml" -o "oci:$work/none" --progress plain
sed -i 's|^jq --version.*|echo last words; exit 7|' "$t"
expect 2 "the step run:make needs the secret 'token'" "$tmplbuild" build "$t" -o "oci:$work/none" --progress plain
! grep -q "run:make: building" "$work/out" || fail "it was started all the same"

# A command that fails: its last words, its code, no output.
code=0
"$tmplbuild" build "$t" -o "oci:$work/none" --progress plain --secret "token=$work/token" 2>"$work/err" >/dev/null || code=$?
[ "$code" = 1 ] || fail "a failing command ended the build with $code"
grep -q "last words" "$work/err" || fail "its output is not shown"
grep -q "exit 7" "$work/err" || fail "its code is not shown"
[ ! -e "$work/none" ] || fail "a failed build left an output"
