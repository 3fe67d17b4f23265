# SPDX-License-Identifier: Apache-2.0
# Real wheels from the index, laid down by the python step and by pip: the same files with the same content and modes,
# but for what is documented to differ. And opencv-python with its headless twin, which pip lets overwrite each other.
# label: slow
# timeout: 600
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
driver=$TMPLBUILD_BIN/../tests/test_engine
cache=$TMPLBUILD_BIN/../test-wheels
fail() { echo "FAILED: $*" >&2; exit 1; }
[ -x /usr/bin/python3 ] && /usr/bin/python3 -m venv "$work/pip" 2>/dev/null || { echo "skipped: no python3-venv"; exit 77; }
pip=$work/pip/bin/pip
get() { # FOLDER REQUIREMENT...: kept between runs
    folder=$cache/$1
    shift
    [ -f "$folder/whole" ] && return
    rm -rf "$folder"
    "$pip" download -q --only-binary :all: -d "$folder" "$@" || { echo "skipped: no package index in reach"; exit 77; }
    touch "$folder/whole"
}
mkdir -p "$cache"
get lab numpy==2.2.6 jupyterlab==4.4.1
get cv --no-deps opencv-python==4.11.0.86
get cv2 --no-deps opencv-python-headless==4.11.0.86

export TMPLBUILD_STORE="$work/store" TMPLBUILD_VENV="$work/venv"
lay_out() { # FOLDER: prints what the driver said
    mkdir -p "$work/wheels"
    rm -f "$work/wheels"/*
    ln -s "$cache/$1"/*.whl "$work/wheels/"
    TMPLBUILD_WHEELS=$work/wheels "$driver" "[.wheels]"
}

# The same path for both, so that scripts begin with the same line.
/usr/bin/python3 -m venv --without-pip "$work/venv"
"$pip" --python "$work/venv/bin/python" install -q --no-compile --no-deps --no-index "$cache/lab"/*.whl
mv "$work/venv" "$work/by-pip"
lay_out lab >"$work/said" || fail "$(cat "$work/said")"
sed -n 's/^layer \([^ ]*\) .*/\1/p' "$work/said" | while read -r blob; do tar -xpf "$blob" -C /; done

/usr/bin/python3 - "$work/by-pip" "$work/venv" <<'EOF'
import csv, os, sys
def tree(root):
    out = {}
    for top, folders, files in os.walk(root):
        for name in files + [f for f in folders if os.path.islink(os.path.join(top, f))]:
            path = os.path.join(top, name)
            out[os.path.relpath(path, root)] = path
    return out
pip, ours = map(tree, sys.argv[1:])
own = {'bin/activate.csh', 'bin/activate.fish', 'bin/Activate.ps1'}  # of Python's venv module
def only_pip(p): return p in own or p.endswith('.dist-info/direct_url.json') or p.endswith('.dist-info/REQUESTED')
def only_ours(p): return '/__pycache__/' in p and p.endswith('.pyc')
bad = [p for p in pip.keys() - ours.keys() if not only_pip(p)] + [p for p in ours.keys() - pip.keys() if not only_ours(p)]
def rows(path): return {r[0]: r[1:] for r in csv.reader(open(path, newline=''))}
same = scripts = 0
for p in sorted(pip.keys() & ours.keys()):
    a, b = pip[p], ours[p]
    if os.path.islink(a) or os.path.islink(b):
        if not (os.path.islink(a) and os.path.islink(b)) or os.path.realpath(a).replace('by-pip', 'venv') != os.path.realpath(b): bad.append(p)
        continue
    if os.stat(a).st_mode != os.stat(b).st_mode: bad.append('mode of ' + p)
    if open(a, 'rb').read() == open(b, 'rb').read(): same += 1; continue
    if p in ('pyvenv.cfg', 'bin/activate') or p.endswith('/INSTALLER'): continue
    if only_ours(p): continue  # numpy brings a .pyc file; it is compiled again
    if p.startswith('bin/'):  # made from an entry point: another text, the same call
        scripts += 1
        if open(a).readline() != open(b).readline() or open(a).read().rsplit('sys.exit')[1] != open(b).read().rsplit('sys.exit')[1]: bad.append(p)
        continue
    if p.endswith('.dist-info/RECORD'):
        x, y = rows(a), rows(b)
        for name in x.keys() ^ y.keys():
            if not (name.endswith('.pyc') or name.endswith(('/direct_url.json', '/REQUESTED'))): bad.append(p + ': ' + name)
        for name in x.keys() & y.keys():
            if x[name] != y[name] and not name.startswith('../../../bin/') and not name.endswith(('/INSTALLER', '.pyc')): bad.append(p + ': ' + name)
        continue
    bad.append(p)
print(len(pip), 'files by pip,', len(ours), 'by the step,', same, 'equal,', scripts, 'scripts of entry points')
if bad or same < 5000: sys.exit('differ: ' + '\n'.join(bad[:20]))
EOF
"$work/venv/bin/jupyter-lab" --version | grep -qx 4.4.1 || fail "jupyter-lab does not start"
"$work/venv/bin/python" -I -c 'import numpy; assert numpy.ones(3).sum() == 3' || fail "numpy does not work"
"$pip" --python "$work/venv/bin/python" uninstall -q -y numpy || fail "pip cannot uninstall"
[ ! -e "$work"/venv/lib/python3*/site-packages/numpy ] || fail "pip left something of numpy, or its bytecode"

mkdir -p "$cache/both"
ln -sf "$cache"/cv/*.whl "$cache"/cv2/*.whl "$cache/both/"
if lay_out both >"$work/said"; then fail "the twins were laid down over each other"; fi
grep -q 'opencv-python 4.11.0.86 and opencv-python-headless 4.11.0.86 both bring the file .*/cv2/' "$work/said" || fail "$(cat "$work/said")"
