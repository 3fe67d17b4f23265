# SPDX-License-Identifier: Apache-2.0
# Two hundred services that end at the same moment are all counted: each is done, none is missed.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
python3 - "$work" <<'END'
import json, sys
work = sys.argv[1]
wait = f"while [ ! -e {work}/now ]; do sleep 0.2; done"
services = [{"name": f"once{i}", "oneshot": True, "command": ["sh", "-c", wait]} for i in range(200)]
services.append({"name": "last", "needs": [s["name"] for s in services], "command": ["sh", "-c", "echo all; exec sleep 60"]})
json.dump({"version": 2, "name": "test", "services": services}, open(f"{work}/pod.json", "w"))
END
start
until_true test -S "$work/run/control.sock"
touch "$work/now"
for _ in 1 2 3; do grep -qF "last: all" "$work/log" || sleep 2; done
until_log "last: all"
[ "$(grep -c '^once[0-9]*: done' "$work/log")" = 200 ] || fail "only $(grep -c '^once[0-9]*: done' "$work/log") are done"
stop
