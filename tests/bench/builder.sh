#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The builder beside its peers, in one run each, ratios printed. Not a test. Needs root, hyperfine, buildah, zstd and
# jq. TMPLBUILD names the program (a release build); SIZE_MB the folder to pack, 5000 unless told.
set -eu
tmplbuild=${TMPLBUILD:-tmplbuild}
size=${SIZE_MB:-5000}
pack=$(dirname "$(readlink -f "$(command -v "$tmplbuild")")")/bench-pack-folder
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPLBUILD_CACHE=$work/store STORAGE_DRIVER=overlay BUILDAH_ISOLATION=chroot

compare() { # compare NAME SETUP OURS THEIRS
    hyperfine -N --warmup 1 --runs "${RUNS:-10}" --prepare "$2" --export-json "$work/result.json" "$3" "$4" >/dev/null 2>"$work/err" ||
        { cat "$work/err" >&2; exit 1; }
    jq -r --arg name "$1" '.results | "\($name): \(.[0].median * 1000 | round) ms against \(.[1].median * 1000 | round) ms, ratio \(.[0].median / .[1].median * 1000 | round / 1000)"' "$work/result.json"
}

cp -r "$here/examples/quickstart" "$work/q"
cp -r "$here/tests/fakes/small" "$work/t"
for folder in q t; do
    "$tmplbuild" build "$work/$folder/template.toml" -o "oci:$work/out-$folder" --progress plain >/dev/null 2>&1
done
mkdir "$work/b"
for i in 1 2 3; do echo "$i" >"$work/b/$i"; done
printf 'FROM scratch\nCOPY 1 /1\nCOPY 2 /2\nCOPY 3 /3\n' >"$work/b/Dockerfile"
buildah bud -q --layers -t bench "$work/b" >/dev/null
compare "unchanged quickstart template, against buildah's cached rebuild of three COPY layers" true \
    "$tmplbuild build $work/q/template.toml -o oci:$work/out-q --progress plain" "buildah bud -q --layers -t bench $work/b"
compare "one small file changed, to a new image in the layout, against the same in buildah" \
    "sh -c 'date +%s%N | tee $work/t/site/now > $work/b/3'" \
    "$tmplbuild build $work/t/template.toml -o oci:$work/out-t --progress plain" "buildah bud -q --layers -t bench $work/b"
buildah rmi -f bench >/dev/null 2>&1 || true

# Half of it compresses, half does not; files from 4 kB to 64 MB.
mkdir -p "$work/p/data"
python3 - "$work/p/data" "$size" <<'PY'
import os, random, sys
folder, left, number = sys.argv[1], int(sys.argv[2]) * 1_000_000, 0
dice = random.Random(1)
text = " ".join(str(dice.randrange(10**6)) for _ in range(3_000_000)).encode()
while left > 0:
    size = min(left, dice.choice([4_000, 40_000, 400_000, 4_000_000, 64_000_000]))
    start = dice.randrange(1000)
    data = os.urandom(size) if number % 2 else (text[start:] * (size // len(text) + 2))[:size]
    with open(f"{folder}/{number:06}", "wb") as f:
        f.write(data)
    left, number = left - size, number + 1
PY
RUNS=${PACK_RUNS:-5} compare "a folder of $size MB packed into the store (tar, both digests, zstd), against tar | zstd -3 -T2, synced" \
    "sh -c 'rm -rf $work/packing $work/packed.tar.zst; sync'" \
    "$pack $work/p/data $work/packing" \
    "sh -c 'tar c -C $work/p data | zstd -q -3 -T2 -o $work/packed.tar.zst && sync $work/packed.tar.zst'"
rm -rf "$work/packing"
echo "peak memory while packing: $(/usr/bin/time -f '%M kB' "$pack" "$work/p/data" "$work/packing" 2>&1 >/dev/null | tail -n 1)"

# Four steps that only wait; each run's commands are new, so nothing of them is in the store.
cp -r "$work/t" "$work/s"
cat >"$work/four" <<'SH'
#!/bin/sh
{
    sed '/use = "run"/,$d; s/^name = "small"/name = "sleeping"/' "$1"
    for i in 1 2 3 4; do
        printf '[[layers]]\nuse = "run"\nname = "r%s"\nafter = []\nscript = "sleep 3; echo %s >/opt/r%s"\n' $i "$(date +%s%N)" $i
    done
} >"$2"
SH
chmod +x "$work/four"
cp "$work/t/template.lock" "$work/s/four.lock"
"$work/four" "$work/t/template.toml" "$work/s/four.toml"
"$tmplbuild" build "$work/s/four.toml" -o "oci:$work/slept" --progress plain >/dev/null 2>&1
RUNS=${SLEEP_RUNS:-5} compare "four run steps that each sleep 3 s, against sleep 3.5" \
    "$work/four $work/t/template.toml $work/s/four.toml" \
    "$tmplbuild build $work/s/four.toml -o oci:$work/slept --progress plain" "sleep 3.5"
