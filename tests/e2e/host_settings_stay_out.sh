# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# Canaries in this machine's CA bundle, index, resolver, apt and proxy settings: visible to a step with network, and
# nowhere afterwards.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
own_store
command -v umoci >/dev/null || { echo "skipped: umoci is not here"; exit 77; }
example "$work/a"
canary=canary-$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
(echo "# $canary"; cat /etc/ssl/certs/ca-certificates.crt) >"$work/ca.pem"
printf '[global]\n# %s\ntimeout = 20\n' "$canary" >"$work/pip.conf"
cat >>"$work/a/template.toml" <<TOML

[[layers]]
use = "apt"
packages = ["jq"]

[[layers]]
use = "run"
name = "look"
network = true
script = '''
grep -q "$canary" "\$SSL_CERT_FILE"
grep -q "$canary" "\$PIP_CONFIG_FILE"
case "\$no_proxy" in *"$canary"*) ;; *) exit 9 ;; esac
grep -q nameserver /etc/resolv.conf
apt-config dump | grep -q CaInfo
'''

[[layers]]
use = "run"
name = "blind"
script = '''
test -z "\${SSL_CERT_FILE:-}\${PIP_CONFIG_FILE:-}\${no_proxy:-}"
test ! -e /run/tmplbuild/ca.pem
'''
TOML
export SSL_CERT_FILE="$work/ca.pem" PIP_CONFIG_FILE="$work/pip.conf" no_proxy="$canary.invalid"
build "$work/a" --set image.compression=gzip --metadata-file "$work/metadata" >/dev/null
for blob in "$work"/a/out/blobs/sha256/*; do
    # The layer of the step that looks for it names nothing of it: its command is in the key, not in the layer.
    ! (zcat "$blob" 2>/dev/null || cat "$blob") | grep -aqF "$canary" || fail "the canary is in $blob"
done
! grep -qF "$canary" "$work/a/template.lock" "$work/metadata" "$work/a/out/index.json" || fail "the canary was written down"
# The commands above hold the canary themselves, as the template does: their keys aside, no record has it.
for record in "$TMPLBUILD_CACHE"/records/*.json; do
    grep -qF '"run:look"' "$record" || ! grep -qF "$canary" "$record" || fail "the canary is in $record"
done
umoci unpack --image "$work/a/out:latest" "$work/bundle" >/dev/null
[ ! -e "$work/bundle/rootfs/etc/resolv.conf" ] || fail "/etc/resolv.conf was left behind"
[ ! -e "$work/bundle/rootfs/run/tmplbuild" ] || fail "/run/tmplbuild was left behind"
[ "$(stat -c %s "$work/bundle/rootfs/etc/ssl/certs/ca-certificates.crt" 2>/dev/null || echo 1)" != 0 ] || fail "an empty CA file"
