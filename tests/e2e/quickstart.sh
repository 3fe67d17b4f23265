# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# needs: kernel-tools
# The shipped example: its image starts under runc, JupyterLab answers who has signed in to the console and nobody else, the
# venv is what the lock says, its kernel imports once it is switched on, and a stop ends it within its grace.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
for tool in umoci runc; do command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }; done
quickstart "$work/q"
t=$work/q/template.toml
"$tmplbuild" build "$t" -o "oci:$work/q/out" --set image.compression=gzip --progress plain >"$work/said" 2>"$work/log" ||
    fail "$(tail -n 30 "$work/log")"
keep_lock "$work/q"
grep -q '^int8-attention  *RTX 4090  *sm_89  *exact' "$work/said" || fail "the kernel table: $(cat "$work/said")"
grep -q '^int8-attention  *RTX 5090  *sm_120  *exact' "$work/said" || fail "the kernel table: $(cat "$work/said")"
umoci unpack --image "$work/q/out:latest" "$work/bundle" >/dev/null
root=$work/bundle/rootfs
for name in nvcc ptxas; do ! find "$root" -name "$name" -type f | grep -q . || fail "$name is in the image"; done
find "$root" -name cc1plus -type f | grep -q . || fail "a pod has no compiler for an arch that is missing"

# The venv: pip, and the lock, say the same.
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root "$@"; }
inside /opt/venv/bin/python -m pip check >"$work/check" || fail "pip check: $(cat "$work/check")"
inside /opt/venv/bin/python -m pip list --format=freeze 2>/dev/null | sort >"$work/pip"
python3 - "$work/q/template.lock" >"$work/locked" <<'PY'
import json, sys
print(*sorted(f"{d['name']}=={d['version']}" for v in json.load(open(sys.argv[1]))["python"] for d in v["distributions"]), sep="\n")
PY
sed 's/[_.]/-/g' "$work/pip" | tr A-Z a-z | sort >"$work/pip2"
sed 's/[_.]/-/g' "$work/locked" | tr A-Z a-z | sort | cmp - "$work/pip2" || fail "pip and the lock disagree: $(diff "$work/pip2" "$work/locked")"
inside /opt/venv/bin/python -c 'import numpy, jupyterlab; print(numpy.arange(3).sum())' | grep -qx 3 || fail "numpy"

# Switched on as a pod does it: a link, and nothing else. Off again, the import fails cleanly.
variant=$(cd "$root" && ls -d opt/tmplbuild/kernels/int8-attention/* | head -n 1)
! inside /opt/venv/bin/python -I -c 'import int8_attention' 2>/dev/null || fail "the kernel imports without being active"
mkdir -p "$root/run/tmplbuild/kernels/int8-attention"
ln -s "/$variant" "$root/run/tmplbuild/kernels/int8-attention/active"
inside /opt/venv/bin/python -I -c 'import int8_attention, ctypes, glob, os
folder = os.path.dirname(int8_attention.__file__)
for so in glob.glob(folder + "/*.so"): ctypes.CDLL(so)
print(folder)' >"$work/import" || fail "the active kernel does not import"
grep -q '^/run/tmplbuild/kernels/int8-attention/active' "$work/import" || fail "another one was imported: $(cat "$work/import")"
rm -r "$root/run/tmplbuild"

start_pod "$work/bundle" "JUPYTER_PASSWORD=quick start"
# Signed in to the console by the password, one is in: JupyterLab asks for nothing more. Nobody else is.
until_pod_says "jupyterlab: ready after" 60
PYTHONPATH=$TMPLBUILD_SOURCE/tests/gateway python3 -B - "http://127.0.0.1:$port" <<'PY' || fail "$(tail -n 30 "$work/pod.log")"
import sys
from browser import Browser
lab, api = sys.argv[1], {"Accept": "application/json", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
stranger, person = Browser(), Browser()
for address in ("/api", "/api/status", "/api/status?token=quick%20start", "/lab"):
    status = stranger.ask(lab + address, headers=api)[1]
    if status not in (401, 403):
        sys.exit(f"a stranger gets {status} for {address}")
person.sign_in(lab + "/lab", "quick start")
for address, words in (("/api/status", "kernels"), ("/api/contents", "content"), ("/lab", "JupyterLab")):
    _, status, _, text = person.ask(lab + address, headers=api)
    if status != 200 or words not in text:
        sys.exit(f"signed in, one gets {status} for {address}: {text[:300]}")
PY
! grep -qF "quick start" "$work/pod.log" || fail "the password is in the pod's log"
stop_pod

# The same again: nothing to do.
"$tmplbuild" build "$t" -o "oci:$work/q/out" --set image.compression=gzip --progress plain >/dev/null 2>"$work/log"
! grep -q ': built' "$work/log" || fail "an unchanged template built something"
