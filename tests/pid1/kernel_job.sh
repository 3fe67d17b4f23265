# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# The compile job alone, and what ends it in the middle: KILL, a full disk, a network that is lost, too little memory; and
# two pods on one volume. The state before it is always whole, and the next start goes on.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_lib.sh"
serve_index
kernel_pod
export TMPLBUILD_POD_SPEC=$work/pod.json
depot=$work/volume/.tmplbuild/kernels/attention
# job NAME: compiles for 8.6 in the background; output in $work/NAME.
job() {
    "$home/kernel-job" compile attention 86 ${2:-} >"$work/$1" 2>"$work/$1.err" &
    job_pid=$!
}
job_pid=
end_job() { [ -z "$job_pid" ] || kill -KILL "$job_pid" 2>/dev/null || true; }
cleanups="$cleanups end_job"
job_ends() { # job_ends NAME CODE
    code=0
    wait "$job_pid" || code=$?
    [ "$code" = "$2" ] || fail "the job '$1' ended with $code, expected $2: $(cat "$work/$1" "$work/$1.err")"
}
says() { grep -qF -- "$2" "$work/$1" || fail "'$1' does not say '$2': $(cat "$work/$1" "$work/$1.err")"; }
whole() { # no half variant anywhere
    ! ls -d "$home/kernels/attention"/built-* "$depot"/built-*/ 2>/dev/null | grep -v -e failed -e lease ||
        fail "something is in place: $1"
}
clean() { rm -rf "$home/kernels/attention"/built-* "$work/volume/.tmplbuild" "$work/compiles" "$work/tmp"/tmplbuild-kernel-*; }

# KILL in the middle: nothing in place, and the next start compiles.
NVCC_SECONDS=30 job killed
until_file "$work/killed" "compiling for sm_86"
until_file "$work/begins" begun  # it has read what it is to do out of the job's environment
kill -KILL "$job_pid"
wait "$job_pid" || true
for left in $(pgrep -f "$work/.build/cuda/bin/nvcc"); do kill -KILL "$left"; done
whole "after KILL"
TMPLBUILD_LEASE_SECONDS=2 job again
job_ends again 0
says again '"ok":true'
[ "$(compiles)" = 1 ] || fail "compiled $(compiles) times"
# Found again without a compile.
job third
job_ends third 0
[ "$(compiles)" = 1 ] || fail "compiled again"

# The place that a torch extension is compiled in, as docs/launcher.md has it: headers in torch's wheels, programs of the
# compile's own wheels, libraries by their plain names, a stand-in for libcuda.
clean
mkdir -p "$work/site/lib/site-packages/nvidia/cublas/include"
kernel_pod 'build = kernel["build"]; kernel["python"]["venv"] = work + "/site"; build["driver_stub"] = True
build["requirements"] = [{"project": "fake-tool", "version": "1.0", "file": "fake_tool-1.0-py3-none-any.whl", "sha256": e["tool_sha"]}]
build["command"][2] += """; set -x; fake-tool; test -e $CUDA_HOME/lib64/libthing.so
[ "$CPATH" = {site}/lib/site-packages/nvidia/cublas/include ]; [ "$VIRTUAL_ENV" = {site} ]
echo "int cuInit(unsigned); int f(void) { return cuInit(0); }" >x.c; gcc -shared -Wl,--no-undefined -o x.so x.c -lcuda""".replace("{site}", work + "/site")'
job place
job_ends place 0
kernel_pod

# TERM: the pod stops.
clean
NVCC_SECONDS=30 job ended
until_file "$work/ended" "compiling for sm_86"
kill -TERM "$job_pid"
job_ends ended 3
says ended "the pod stops"
whole "after TERM"
[ -z "$(find "$depot" -name '*.lease')" ] || fail "the lease was left"

# A disk that is full while it compiles is said, is no failure of the key, and costs nothing that was there.
clean
mkdir "$work/small"
mount -t tmpfs -o size=40m tmpfs "$work/small"
unmount_small() { umount "$work/small"; }
cleanups="$cleanups unmount_small"
TMPLBUILD_WORK=$work/small NVCC_FILLS=1 job full
job_ends full 1
says full "the disk is full"
whole "after a full disk"
job more_room
job_ends more_room 0

# So is one that is full while the compiler is fetched, and while the source is laid out.
clean
mkdir "$work/tiny"
mount -t tmpfs -o size=48k tmpfs "$work/tiny"
unmount_tiny() { umount "$work/tiny"; }
cleanups="$cleanups unmount_tiny"
head -c 40000 /dev/zero >"$work/tiny/other"
TMPLBUILD_WORK=$work/tiny job full_fetching
job_ends full_fetching 1
says full_fetching "the disk is full"
whole "after a disk that was full while the compiler was fetched"
head -c 60000 /dev/zero >"$work/source/large"
kernel_pod 'kernel["build"]["directory"] = work + "/tiny/build"'
job full_source
job_ends full_source 1
says full_source "the disk is full"
whole "after a disk that was full while the source was laid out"
rm "$work/source/large"
kernel_pod
job room_again
job_ends room_again 0

# Nobody answers where the source is: no failure of the key.
clean
kernel_pod 'kernel["source"] = {"url": "http://127.0.0.1:9/x", "commit": "a" * 40}'
job no_source
job_ends no_source 1
says no_source '"retry_cause":"network"'
says no_source "no network: fetching the source failed"
whole "without the source"
kernel_pod

# The network is lost: nobody answers, and an answer that is cut in the middle.
clean
end_index
job no_network
job_ends no_network 1
says no_network "no network"
says no_network '"retry_cause":"network"'
whole "without network"
python3 - "$work/index" "$work/cut.port" <<'PY' &
import http.server, os, sys
index, port_file = sys.argv[1:]
class Cut(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *a): super().__init__(*a, directory=index)
    def log_message(self, *a): pass
    def do_GET(self):
        if not self.path.endswith(".whl"): return super().do_GET()
        content = open(index + self.path, "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:200])
        self.close_connection = True
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cut)
open(port_file + ".new", "w").write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
PY
cut_pid=$!
end_cut() { kill "$cut_pid" 2>/dev/null || true; }
cleanups="$cleanups end_cut"
until_true test -e "$work/cut.port"
PIP_INDEX_URL=http://127.0.0.1:$(cat "$work/cut.port")/ job cut
job_ends cut 1
says cut '"retry_cause":"damaged"'
whole "after a cut download"
: >"$work/index.log"
serve_index
job back
job_ends back 0

# What the index sends is not what was proven.
clean
kernel_pod 'kernel["build"]["toolchain"][0]["sha256"] = "0" * 64'
job other_bytes
job_ends other_bytes 1
says other_bytes "its hash differs"
says other_bytes '"retry_cause":"damaged"'
kernel_pod

# A compile that fails is remembered with its words; a person may try again.
clean
NVCC_FAILS="identifier undefined" job fails
job_ends fails 1
says fails "identifier undefined"
job remembered
job_ends remembered 1
says remembered "tried before"
job asked --again
job_ends asked 0

# What the compiler makes is not believed: code for another arch.
clean
kernel_pod 'kernel["build"]["command"][2] = "mkdir {output}/attention; TMPLBUILD_ARCH=80 nvcc -o {output}/attention/_a.so"'
job wrong_arch
job_ends wrong_arch 1
says wrong_arch "holds no machine code for sm_86"
whole "after code for another arch"
kernel_pod

# Memory: below the ceiling it starts, above it ends; what can never fit is said at once.
clean
echo 1000000000 >"$work/cgroup/memory.max"
echo 100000000 >"$work/cgroup/memory.current"
NVCC_SECONDS=60 job memory
until_file "$work/memory" "compiling for sm_86"
echo 900000000 >"$work/cgroup/memory.current"
job_ends memory 1
says memory "above 85 %"
says memory '"retry_cause":"memory"'
job no_headroom
job_ends no_headroom 1
says no_headroom "waiting for memory: needs"
says no_headroom '"retry_cause":"headroom"'
echo 100000000 >"$work/cgroup/memory.max"
job never_fits
job_ends never_fits 3
says never_fits "it will never fit"
echo 4000000000 >"$work/cgroup/memory.max"

# Two pods on one volume: one compiles, the other takes its result.
clean
cp -r "$home" "$work/home2"
rm -f "$work/home2/kernels/pod-number"  # by which a pod knows its own lease
mkdir "$work/tmp2"
NVCC_SECONDS=3 job first
first=$job_pid
until_file "$work/first" "compiling for sm_86"
TMPLBUILD_HOME=$work/home2 TMPLBUILD_WORK=$work/tmp2 TMPLBUILD_LEASE_SECONDS=60 job second
until_file "$work/second" "another pod on this volume compiles it"
job_ends second 0
says second "taken from the volume"
job_pid=$first
job_ends first 0
[ "$(compiles)" = 1 ] || fail "two pods compiled $(compiles) times"

# 30 days without use: gone. Half-made leftovers of pods that are gone, too.
mkdir -p "$depot/built-old/files" "$depot/.new-left-over"
touch -d "31 days ago" "$depot/built-old/variant.json" "$depot/.new-left-over"
rm -rf "$home/kernels/attention"/built-*
job collects
job_ends collects 0
! [ -e "$depot/built-old" ] || fail "an old variant was kept"
! [ -e "$depot/.new-left-over" ] || fail "a leftover was kept"
ls -d "$depot"/built-222* >/dev/null || fail "the variant in use was removed"

unmount_volume() { umount "$work/volume" 2>/dev/null || true; }
cleanups="$cleanups unmount_volume"
# A volume that is full: the same, nothing half is left there, and the next start finds its own.
clean
mount -t tmpfs -o size=64k tmpfs "$work/volume"
head -c 60000 /dev/zero >"$work/volume/models"
job full_volume
job_ends full_volume 0
says full_volume "not kept for the next pod"
[ -z "$(find "$work/volume" -name 'built-*' ! -name '*.lease')$(find "$work/volume" -name '.new-*')" ] || fail "half a variant is on the volume"
[ "$(compiles)" = 1 ] || fail "compiled $(compiles) times"
job found_again
job_ends found_again 0
[ "$(compiles)" = 1 ] || fail "compiled again"
umount "$work/volume"

# A volume that cannot be written: compiled for this pod alone, and said.
clean
mount -t tmpfs tmpfs "$work/volume"
mount -o remount,ro "$work/volume"
job read_only
job_ends read_only 0
says read_only "not kept for the next pod"
