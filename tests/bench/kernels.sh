#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the kernel engine costs, in ratios, on the example kernel. Not a test. Needs root and a quiet machine. TMPLBUILD
# names the program (a release build). Prints: adding one arch to a built image against compiling that arch alone; the
# builder's own processor time against its children's; three variants under a memory limit that fits one and a half
# against the same three one after the other.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
group=
cleanup() {
    [ -z "$group" ] || rmdir "$group" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
export TMPLBUILD_CACHE=$work/store
cp -r "$here/examples/quickstart/int8-attention" "$work/"
. "$here/tests/e2e/kernel_lib.sh"
template() { kernel_template "$work" int8-attention "[$1]"; } # GPUs as TOML
# measure NAME [GROUP]: builds, writes seconds, own and children's processor time to NAME.
cat >"$work/measure.py" <<'PY'
import os, sys, time
name, group, *command = sys.argv[1:]
tick = os.sysconf("SC_CLK_TCK")
begin = time.monotonic()
pid = os.fork()
if pid == 0:
    if group:
        with open(group + "/cgroup.procs", "w") as f:
            f.write(str(os.getpid()))
    out = os.open(name + ".log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.execvp(command[0], command)
own = 0.0
while True:
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        if fields[0] != "Z":
            own = (int(fields[11]) + int(fields[12])) / tick
    except OSError:
        pass
    done, status, usage = os.wait4(pid, os.WNOHANG)
    if done:
        break
    time.sleep(0.02)
if status != 0:
    sys.exit(f"the build failed: see {name}.log\n" + open(name + ".log").read()[-2000:])
seconds = time.monotonic() - begin
print(seconds, own, usage.ru_utime + usage.ru_stime - own, file=open(name, "w"))
PY
measure() { # NAME [GROUP]
    python3 "$work/measure.py" "$work/$1" "${2:-}" "$tmplbuild" build "$work/template.toml" -o "oci:$work/out" --progress plain
}
forget() { # variants only: base, tools and toolchain stay
    for file in "$work"/store/records/*.json; do ! grep -q '"kernel:int8-attention' "$file" || rm "$file"; done
}
number() { cut -d ' ' -f "$2" "$work/$1"; }
used() { awk '{print $2 + $3}' "$work/$1"; } # own and children's processor time
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.3f", a / b}'; }
layer_list() { "$tmplbuild" inspect "oci:$work/out" --json | python3 -c 'import json, sys; [print(l["digest"]) for l in json.load(sys.stdin)["manifest"]["layers"]]'; }

# Base, tools, toolchain and sources are made before anything is measured.
template '"RTX 4090"'
measure warm
for turn in $(seq "${RUNS:-3}"); do
    forget
    template '"H100"'
    measure "alone-$turn"
    forget
    template '"RTX 4090"'
    measure first
    layer_list >"$work/before"
    template '"RTX 4090", "H100"'
    measure "added-$turn"
    layer_list >"$work/after"
    # pod.json names the variants, and is the only other layer that moves.
    moved=$(grep -vcxFf "$work/after" "$work/before" || true)
    echo "adding an arch: $(ratio "$(number "added-$turn" 1)" "$(number "alone-$turn" 1)") of compiling it alone (at most 1.15); $moved layers moved (1: pod.json)"
    echo "  in processor time, which other work on the machine moves less: $(ratio "$(used "added-$turn")" "$(used "alone-$turn")")"
    echo "builder's own processor time: $(ratio "$(number "added-$turn" 2)" "$(number "added-$turn" 3)") of its children's (at most 0.02)"
done

# What the recipe declares is 512 MiB; a seventh of the limit is kept free.
limit=$((512 * 3 / 2 * 1024 * 1024 * 7 / 6))
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    group=/sys/fs/cgroup/tmplbuild-bench
    file=memory.max
else
    group=/sys/fs/cgroup/memory/tmplbuild-bench
    file=memory.limit_in_bytes
fi
mkdir "$group" && echo "$limit" >"$group/$file" || { echo "three variants: no memory cgroup can be made here"; exit 0; }
sum=0
for gpu in "RTX 4090" H100 "RTX 5090"; do
    forget
    template "\"$gpu\""
    measure one
    sum=$(awk -v a="$sum" -v b="$(number one 1)" 'BEGIN {print a + b}')
done
for turn in 1 2; do # from what the recipe declares, then from what was learned
    [ "$turn" = 2 ] || forget
    [ "$turn" = 1 ] || echo "// $turn" >>"$work/int8-attention/src/layout.hpp"
    template '"RTX 4090", "H100", "RTX 5090"'
    measure "three-$turn" "$group"
    echo "three variants in the memory of one and a half: $(ratio "$(number "three-$turn" 1)" "$sum") of one after the other (at most 1.2); killed: $(grep -c 'ran out of memory' "$work/three-$turn.log" || true) (0)"
done
