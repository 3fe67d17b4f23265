# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 1800
# The gateway's bundle on Debian 11, 12 and 13 as they are bootstrapped, and on a root that holds busybox and nothing else,
# each of them read-only but for the run folder: all that tests/e2e/gateway.sh asks of it here.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
. "$TMPLBUILD_SOURCE/tests/pid1/roots_lib.sh"
bundle=$TMPLBUILD_BIN/../libexec/gateway
"$TMPLBUILD_SOURCE/scripts/install-nginx" "$bundle/.."
try() {
    mkdir -p "$work/gateway"
    python3 -B "$TMPLBUILD_SOURCE/tests/gateway/check.py" "$work/gateway" "$bundle" \
        "$TMPLBUILD_SOURCE/tests/golden/gateway/nginx.conf" "$root" >"$work/said" 2>&1 || fail "on $root: $(cat "$work/said")"
    echo "works on $(basename "$root")"
}
busybox_root sh
try
for suite in $suites; do
    debian_root "$suite" "$suite"
    try
done
