# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# needs: kernel-tools
# Compiles under a real memory limit that fits one and a half of them: none is killed, planned by what the recipe
# declares at first and by what was learned later; one that the kernel kills gets a second try, alone, and no third.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"

# A group with a limit, below our own; and what the kernel says of its kills.
mib=1048576
limit=$((560 * mib))
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
    [ -d "$own" ] || own=/sys/fs/cgroup
    echo +memory >"$own/cgroup.subtree_control" 2>/dev/null || true
    file=memory.max swap=memory.swap.max no_swap=0
else
    own=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
    [ -d "$own" ] || own=/sys/fs/cgroup/memory
    file=memory.limit_in_bytes swap=memory.memsw.limit_in_bytes no_swap=$limit
fi
group=$own/memory-test-$$
trap 'rmdir "$group" 2>/dev/null || true; tidy' EXIT
if ! mkdir "$group" 2>/dev/null || ! { echo "$limit" >"$group/$file"; } 2>/dev/null; then
    echo "skipped: no control group with a memory limit can be made here"
    exit 77
fi
echo "$no_swap" >"$group/$swap" 2>/dev/null || true

# What a compiler with two jobs does to memory: two processes that hold MIB each at the same time, for SECONDS, or until
# another variant's do so too. One that is killed says nothing of it: only the kernel's own count can.
cat >"$work/hungry.py" <<'PY'
import fcntl, os, sys, time
mib, seconds = int(sys.argv[1]), float(sys.argv[2])
# The toolkit's files are the same in every sandbox: who else holds one is at work just now.
lock = os.open(os.environ["TMPLBUILD_NVCC"], os.O_RDONLY)
fcntl.flock(lock, fcntl.LOCK_SH)
def alone():
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
    finally:
        fcntl.flock(lock, fcntl.LOCK_SH)
children = []
for _ in range(2):
    child = os.fork()
    if child == 0:
        block = b"x" * (mib << 20)
        end = time.monotonic() + seconds
        while time.monotonic() < end and alone():
            time.sleep(0.02)
        time.sleep(min(4, 1 + seconds))
        os._exit(0)
    children.append(child)
sys.exit(3 if any([os.waitpid(child, 0)[1] for child in children]) else 0)
PY
# kernel NAME DECLARED MIB SECONDS GPUS: a kernel that nobody has learned of yet.
kernel() {
    rm -rf "$work/a"
    kernel_example "$work/a" "$TMPLBUILD_SOURCE/tests/fakes/tiny" "[$5]"
    echo 'install = "prebuilt"' >>"$work/a/template.toml"
    cp "$work/hungry.py" "$work/a/tiny/src/"
    name=$1-$$
    sed -i "s/^name = .*/name = \"$name\"/; s/^memory = .*/memory = \"$2MiB\"/; s/nvcc -shared/python3 hungry.py $3 $4; &/" "$work/a/tiny/layer.toml"
}
# limited CODE: builds in the group.
limited() {
    code=0
    sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$group" "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/a/out" \
        --progress plain --metadata-file "$work/meta" >"$work/said" 2>"$work/log" || code=$?
    [ "$code" = "$1" ] || fail "the build ended with $code: $(tail -n 20 "$work/log")"
}
built() { [ "$(grep -c "kernel:$name:.*: built" "$work/log")" = "$1" ] || fail "not $1 variants were built: $(cat "$work/log")"; }
retries() { [ "$(grep -c 'ran out of memory; it is tried once more, alone' "$work/log")" = "$1" ] || fail "not $1 second tries: $(cat "$work/log")"; }
# peaks FROM TO: what each variant held, in MiB, of all its processes.
peaks() {
    python3 - "$work/meta" "$1" "$2" <<'PY' || fail "what was learned: $(cat "$work/log")"
import json, sys
peaks = [s["peak_memory"] >> 20 for s in json.load(open(sys.argv[1]))["steps"] if s["step"].startswith("kernel:")]
print("held:", peaks, "MiB")
assert peaks and all(int(sys.argv[2]) <= p <= int(sys.argv[3]) for p in peaks), peaks
PY
}

# The base, the compilers and the toolkit are there, whoever made them.
kernel warm 320 1 0 '"RTX 4090"'
build "$work/a" >/dev/null

# By what the recipe declares, then by what was learned: the next source declares next to nothing.
kernel hungry 320 140 0 '"RTX 4090", "A100", "RTX 5090"'
limited 0
built 3
retries 0
peaks 280 400
grep -q "kernel:$name:8.9: built.*held [0-9.]* MB" "$work/log" || fail "the peak is not shown: $(cat "$work/log")"
sed -i 's/^memory = .*/memory = "64MiB"/' "$work/a/tiny/layer.toml"
echo '// another' >>"$work/a/tiny/src/tiny.cu"
"$tmplbuild" plan "$work/a/template.toml" | grep -q "RTX 4090 .*compile .*[234][0-9][0-9]\.[0-9] MB (measured)" || fail "plan does not show what was learned"
limited 0
built 3
retries 0
peaks 280 400

# Two at once, since the recipe declares too little: one of them is killed, and does it alone.
kernel modest 64 140 12 '"RTX 4090", "A100"'
limited 0
built 2
retries 1
peaks 280 400

# More than the limit, even alone.
kernel greedy 64 400 0 '"RTX 4090"'
limited 1
retries 1
grep -q "compiling the kernel '$name' for sm_89 failed: it ran out of memory (it held [0-9.]* MB; builds may use 587.2 MB here)" "$work/log" || fail "the message: $(tail -n 5 "$work/log")"
grep -q "a machine, or a container, with more memory" "$work/log" || fail "no advice: $(tail -n 5 "$work/log")"
[ ! -e "$work/a/out" ] || fail "a failed build left an output"

# Where a step's group counts no memory, its processes are added up.
if [ ! -f /sys/fs/cgroup/cgroup.controllers ] && unshare -m mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null; then
    kernel seen 320 140 1 '"RTX 4090"'
    unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh "$tmplbuild" build "$work/a/template.toml" -o "oci:$work/a/out" \
        --progress plain --metadata-file "$work/meta" >"$work/said" 2>"$work/log" || fail "in version 2: $(tail "$work/log")"
    peaks 280 400
fi
rmdir "$group" || fail "a step's group is left: $(ls -d "$group"/*/)"
