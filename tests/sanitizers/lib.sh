# SPDX-License-Identifier: Apache-2.0
# Shared by the sanitizer tests: builds a preset beside the one that ctest runs in, and runs its tests so that whatever a
# sanitizer says, in any process, is a failure: a child's report is easily lost in a log that nobody looks at.
set -eu
source=${TMPLBUILD_SOURCE:?}
reports=$(mktemp -d)
chmod 1777 "$reports" # services run as other users
trap 'rm -rf "$reports"' EXIT

# build PRESET
build() {
    launcher=
    ! command -v ccache >/dev/null || launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
    # shellcheck disable=SC2086
    (cd "$source" && cmake --preset "$1" $launcher >/dev/null && nice -n 15 cmake --build --preset "$1") >"$reports/build" 2>&1 || {
        tail -n 60 "$reports/build"
        echo "FAILED: the preset '$1' does not build"
        exit 1
    }
    rm "$reports/build"
}
# run PRESET CTEST-ARGUMENT...: without address randomization, which GCC 12's sanitizers do not get on with.
run() {
    preset=$1
    shift
    code=0
    setarch -R ctest --test-dir "$source/build/$preset" --output-on-failure --no-tests=error "$@" || code=$?
    for report in "$reports"/*; do
        [ -e "$report" ] || continue
        echo "--- $(basename "$report")"
        head -n 80 "$report"
        code=1
    done
    [ "$code" = 0 ] || { echo "FAILED: see above"; exit 1; }
}
