# SPDX-License-Identifier: Apache-2.0
# Shared by the pid1 tests of kernels: a pod with one kernel, "attention", a fake driver, a fake compiler that is fetched
# as a wheel from a package index on the loopback, and a service that behaves as ComfyUI does (tests/fakes/comfyui.py).
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3 mount nsenter
# The job yields to everything else, so on a busy machine it takes as long as the machine is busy.
patience=8000
libexec=$TMPLBUILD_BIN/../libexec
make_variant=$TMPLBUILD_BIN/../tests/make_variant
home=$work/home
mkdir -p "$work/cgroup" "$home/kernels" "$work/site/lib/site-packages" "$work/index" "$work/tmp" "$work/source"
cp -r "$libexec/gpu" "$home/gpu"
cp "$libexec/kernel-job" "$home/kernel-job"
export TMPLBUILD_HOME=$home TMPLBUILD_WORK=$work/tmp TMPLBUILD_PROBE_SECONDS=2
export TMPLBUILD_LIBNVML=$libexec/fake-driver/libnvidia-ml.so.1 TMPLBUILD_LIBCUDA=$libexec/fake-driver/libcuda.so.1
export TMPLBUILD_NVIDIA_SMI=$libexec/fake-driver/nvidia-smi
unset TMPLBUILD_FAKE_GPUS TMPLBUILD_FAKE_FAULT TMPLBUILD_FAKE_DRIVER TMPLBUILD_FAKE_CUDA CUDA_VISIBLE_DEVICES INSTALL_ATTENTION
rtx4090="NVIDIA GeForce RTX 4090=8.9=24"
rtx3090="NVIDIA GeForce RTX 3090=8.6=24"
b200="NVIDIA B200=10.0=180"
# A container with 4 GB, of which little is used.
export TMPLBUILD_CGROUP=$work/cgroup
echo 4000000000 >"$work/cgroup/memory.max"
echo 100000000 >"$work/cgroup/memory.current"
echo "inactive_file 0" >"$work/cgroup/memory.stat"
# The launcher's own /run, so that nothing of this machine is touched.
prepare="mount -t tmpfs tmpfs /run"

# What the image holds: one variant, for 8.9.
variant=$home/kernels/attention/0123456789abcdef
mkdir -p "$variant/attention"
"$make_variant" module 89 "$variant/attention/_a.so"
echo 'version = "2.2.0"' >"$variant/attention/__init__.py"
table89=$("$make_variant" table 89 8.9)
digest89=$("$make_variant" digest "$variant")
export table89 digest89 variant

# A compiler as a wheel: its nvcc writes a module for the arch that it is told. NVCC_SECONDS: how long it takes.
# A compile's environment is whole, so the switches are read from the job's own.
cat >"$work/nvcc" <<END
#!/bin/sh
job=\$PPID
while [ "\$job" -gt 1 ] && [ "\$(cat /proc/\$job/comm)" != kernel-job ]; do job=\$(sed -n 's/^PPid:[[:space:]]*//p' /proc/\$job/status); done
eval "\$(tr '\\0' '\\n' </proc/\$job/environ | sed -n "s/'/'\\\\''/g; s/^\(NVCC_[A-Z]*\)=\(.*\)/\1='\2'/p")"
echo begun >>"$work/begins"
sleep "\${NVCC_SECONDS:-0}"
while [ -n "\${NVCC_WAITS:-}" ] && [ ! -e "\$NVCC_WAITS" ]; do sleep 0.05; done
[ -z "\${NVCC_FAILS:-}" ] || { echo "error: \$NVCC_FAILS" >&2; exit 1; }
[ -z "\${NVCC_FILLS:-}" ] || head -c 80000000 /dev/zero >"\$2.big" || { echo "No space left on device" >&2; exit 1; }
echo compiled >>"$work/compiles"
exec "$make_variant" module "\$TMPLBUILD_ARCH" "\$2"
END
python3 - "$work/nvcc" "$work/index" <<'PY'
import hashlib, os, sys, zipfile
nvcc, index = sys.argv[1:]
def wheel(project, version, files):
    folder, plain = index + "/" + project, project.replace("-", "_")
    os.makedirs(folder)
    info = f"{plain}-{version}.dist-info/"
    files = files + [(info + "METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n", 0o644),
                     (info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", 0o644),
                     (info + "RECORD", "", 0o644)]
    name = f"{folder}/{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(name, "w") as out:
        for path, text, mode in files:
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o100000 | mode) << 16
            out.writestr(entry, text)
    open(folder + "/sha256", "w").write(hashlib.sha256(open(name, "rb").read()).hexdigest())
cuda = "nvidia/cu13/"
wheel("fake-nvcc", "13.0.1", [(cuda + "bin/nvcc", open(nvcc).read(), 0o755), (cuda + "lib/libthing.so.7", "", 0o644),
                              (cuda + "include/cuda.h", "CUresult CUDAAPI cuInit(unsigned int Flags);\n", 0o644)])
wheel("fake-tool", "1.0", [("fake_tool-1.0.data/scripts/fake-tool", "#!/bin/sh\necho works\n", 0o755)])
PY
nvcc_sha=$(cat "$work/index/fake-nvcc/sha256")
tool_sha=$(cat "$work/index/fake-tool/sha256")
export nvcc_sha tool_sha
index_pid=
serve_index() {
    python3 -u -m http.server --bind 127.0.0.1 --directory "$work/index" 0 >"$work/index.log" 2>&1 &
    index_pid=$!
    until_true grep -q 'port [0-9]' "$work/index.log"
    port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$work/index.log" | head -n 1)
    export PIP_INDEX_URL=http://127.0.0.1:$port/ PIP_RETRIES=1 PIP_TIMEOUT=5 PIP_CONFIG_FILE=/dev/null
    export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
    unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX
}
end_index() { [ -z "$index_pid" ] || kill "$index_pid" 2>/dev/null || true; }
cleanups="$cleanups end_index"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
app_port=$(free_port)
export app_port

# kernel_pod [PYTHON STATEMENTS]: pod.json; `kernel` and `app` are the dictionaries, to be changed. $pod_folder holds it and
# what is this pod's own.
pod_folder=$work
kernel_pod() {
    python3 - "$pod_folder" "$TMPLBUILD_SOURCE" "${1:-}" <<'PY'
import json, os, sys
work, source, change = sys.argv[1:]
e = os.environ
kernel = {
    "name": "attention", "env_var": "INSTALL_ATTENTION", "distribution": "attention", "version": "2.2.0",
    "variants": [{"arch": "89", "directory": e["variant"], "key": "sha256:" + "1" * 64, "table": json.dumps(dict(json.loads(e["table89"]), files=e["digest89"]))}],
    "capabilities": [{"capability": "8.6", "arch": "86", "modules": ["attention/_a.so"]},
                     {"capability": "8.9", "arch": "89", "modules": ["attention/_a.so"]}],
    "refused": [{"capability": "10.0", "reason": "its dispatcher knows no 10.0"}],
    "archs": [{"arch": "86", "key": "sha256:" + "2" * 64}, {"arch": "89", "key": "sha256:" + "1" * 64}],
    "python": {"venvs": [{"directory": work + "/site", "site_packages": work + "/site/lib/site-packages"}],
               "interpreter": sys.executable},
    "source": {"directory": work + "/source"},
    "build": {"cuda": "13.0", "directory": work + "/build",
              "toolchain": [{"project": "fake-nvcc", "version": "13.0.1", "file": "fake_nvcc-13.0.1-py3-none-any.whl",
                             "sha256": e["nvcc_sha"]}],
              "command": ["sh", "-ec", "mkdir {output}/attention; cp *.py {output}/attention; "
                                       "nvcc -o {output}/attention/_a.so"],
              "estimated_seconds": 5, "memory_bytes": 1000000},
}
app = {"name": "app", "port": int(e["app_port"]), "host": "127.0.0.1",
       "command": [sys.executable, source + "/tests/fakes/comfyui.py", "--port", "{port}"],
       "ready": {"http": "/system_stats", "interval_ms": 50}, "uses_kernels": ["attention"],
       "args_with_kernel": ["--use-sage-attention"], "args_without_gpu": ["--cpu"],
       "degraded_log": "Error running sage attention", "on_kernel_ready": "restart-when-idle",
       "idle": {"http": "/queue", "empty": ["queue_running", "queue_pending"]},
       "restart": {"backoff_min_ms": 50, "backoff_max_ms": 100}}
web = {"name": "web", "command": ["sleep", "600"]}
exec(change)
json.dump({"version": 2, "name": "test", "cuda": "13.0", "services": [app, web], "kernels": [kernel]},
          open(work + "/pod.json", "w"))
PY
}
echo 'version = "2.2.0"' >"$work/source/__init__.py"
ask() { # PATH [METHOD]: of the app; a POST waits for one that is between two starts
    python3 - "$app_port" "$1" "${2:-GET}" <<'PY'
import sys, time, urllib.error, urllib.request
request = urllib.request.Request("http://127.0.0.1:%s%s" % (sys.argv[1], sys.argv[2]), method=sys.argv[3])
last = 99 if request.method == "POST" else 0
for attempt in range(last + 1):
    try:
        print(urllib.request.urlopen(request).read().decode())
        break
    except urllib.error.URLError as error:
        if attempt == last or not isinstance(error.reason, ConnectionRefusedError):
            raise
        time.sleep(0.1)
PY
}
arguments() { ask /arguments 2>/dev/null || echo none; }
runs_with() { [ "$(arguments)" = "$1" ]; }
compiles() { cat "$work/compiles" 2>/dev/null | wc -l; }
metadata() { cat "$work"/site/lib/site-packages/attention-*.dist-info/METADATA 2>/dev/null | sed -n 's/^Version: //p'; }
