#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the sandbox's strictness costs a step: the builder's own runc bundle, run as it is and run without its system-call
# filter, masked and read-only paths and dropped capabilities, turn about in one build. Prints medians and ratios: of what
# runc takes, and of the whole step (overlay, runc, packing of the change), whose time is the build's own figure.
# Not a test. Needs root, runc and capsh; TMPLBUILD names the program.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
steps=${STEPS:-40}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
cat >"$work/bin/runc" <<P
#!/usr/bin/python3
import json, os, subprocess, sys, time
real, log = "$(command -v runc)", "$work/times"
words = sys.argv[1:]
if "run" not in words:
    os.execv(real, [real] + words)
path = os.path.join(words[words.index("--bundle") + 1], "config.json")
config = json.load(open(path))
turn = len(open(log).readlines()) if os.path.exists(log) else 0
if turn % 2:
    for key in ("seccomp", "maskedPaths", "readonlyPaths"):
        del config["linux"][key]
    del config["process"]["noNewPrivileges"]
    shown = subprocess.run(["capsh", "--print"], capture_output=True, text=True, check=True).stdout
    every = next(line for line in shown.splitlines() if line.startswith("Bounding set")).split("=", 1)[1].upper().split(",")
    config["process"]["capabilities"] = {kind: every for kind in ("bounding", "effective", "permitted")}
    json.dump(config, open(path, "w"))
begin = time.monotonic()
code = subprocess.run([real] + words).returncode
with open(log, "a") as out:
    out.write(f"{time.monotonic() - begin:.6f}\n")
sys.exit(code)
P
chmod +x "$work/bin/runc"

# $1: what it is, $2: the step's script
measure() {
    rm -f "$work/times" "$work/template.toml"
    {
        printf 'schema = 1\nname = "cost"\nconsole.enabled = false\n[base]\ndebian = { suite = "bookworm" }\n'
        i=0
        while [ $i -lt "$steps" ]; do
            printf '[[layers]]\nuse = "run"\nname = "step%d"\nscript = """%s; echo %s.%d >/opt/done"""\n' $i "$2" "$$" $i
            i=$((i + 1))
        done
    } >"$work/template.toml"
    PATH="$work/bin:$PATH" "$tmplbuild" build "$work/template.toml" -o "oci:$work/out" --metadata-file "$work/metadata" --progress plain >"$work/log" 2>&1 ||
        { cat "$work/log"; exit 1; }
    python3 - "$1" "$work/times" "$work/metadata" <<'P'
import json, statistics, subprocess, sys, time
times = [float(line) for line in open(sys.argv[2])]
whole = [s["seconds"] for s in json.load(open(sys.argv[3]))["steps"] if s["step"].startswith("run:")][0::2]
assert len(whole) * 2 == len(times), (len(whole), len(times))
def begin_of_python():
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", "import json, os, subprocess, sys, time"], check=True)
    return time.monotonic() - begin
strict, loose = statistics.median(times[0::2]), statistics.median(times[1::2])
ratio = statistics.median(a / b for a, b in zip(times[0::2], times[1::2]))
step = statistics.median(whole) - statistics.median(begin_of_python() for _ in range(15))
print(f"| {sys.argv[1]} | {len(whole)} | {1000 * strict:.0f} ms | {1000 * loose:.0f} ms | {ratio:.3f} | "
      f"{1000 * step:.0f} ms | {step / (step - strict + loose):.3f} |")
P
}

echo "| step | pairs | runc as built | without strictness | median of the pairs' ratios | whole step | its ratio |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
measure "does nothing" ":"
measure "starts 500 processes" "i=0; while [ \$i -lt 500 ]; do /bin/true; i=\$((i + 1)); done"
measure "reads /usr with tar" "tar cf - /usr | cksum >/dev/null"
