# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# processors: 1
# The gateway's bundle, really started: what passes and what is refused, who answers when the console or a service is down,
# forged headers and smuggled requests, WebSockets, and bodies that stream through with flat memory.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle=$TMPLBUILD_BIN/../libexec/gateway
"$TMPLBUILD_SOURCE/scripts/install-nginx" "$bundle/.."
python3 -B "$TMPLBUILD_SOURCE/tests/gateway/check.py" "$work" "$bundle" "$TMPLBUILD_SOURCE/tests/golden/gateway/nginx.conf"
