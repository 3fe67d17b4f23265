# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 600
# The worker of downloads is killed in 50 random moments: nothing is called complete that is not, and all ends as it should.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
mkdir "$work/downloads"
python3 -B "$TMPLBUILD_SOURCE/tests/download/kill.py" "$work/downloads" 50 "$TMPLBUILD_BIN/../libexec/download/tmplbuild-download" ||
    fail "see above"
